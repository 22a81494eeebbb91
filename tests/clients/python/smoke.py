"""Tries the client that openapi-python-client generates on the server in TASKWIRE_URL."""

import datetime
import os

from taskwire_client import AuthenticatedClient
from taskwire_client.api.boards import create_board
from taskwire_client.api.tasks import create_task, list_task_changes, list_tasks, update_task
from taskwire_client.models import ErrorCode, ListTasksOrder, NewBoard, NewTask, Priority, Problem, TaskCreated, TaskPatch

client = AuthenticatedClient(base_url=os.environ["TASKWIRE_URL"] + "/api/v1", token=os.environ["TASKWIRE_TOKEN"])

board = create_board.sync(client=client, body=NewBoard(name="Plans"))
assert not isinstance(board, Problem) and board is not None, board
assert [column.kind.value for column in board.columns] == ["open", "active", "done"]

day = datetime.date(2026, 12, 24)
task = create_task.sync(board.id, client=client, body=NewTask(title="Paint the door", due=day, priority=Priority.HIGH))
assert not isinstance(task, Problem) and task is not None, task

found = list_tasks.sync(board.id, client=client, order=ListTasksOrder.VALUE_13, due_before="2026-12-25")
assert found is not None and not isinstance(found, Problem) and [each.id for each in found.tasks] == [task.id], found

update_task.sync(task.id, client=client, body=TaskPatch(title="Paint the front door"), if_match=f'"{task.seq}"')
refused = update_task.sync(task.id, client=client, body=TaskPatch(title="Paint the back door"), if_match=f'"{task.seq}"')
assert isinstance(refused, Problem) and refused.code == ErrorCode.CONFLICT, refused
assert refused.conflict and refused.conflict.theirs == "Paint the front door", refused

history = list_task_changes.sync(task.id, client=client)
assert history is not None and not isinstance(history, Problem)
assert isinstance(history.changes[-1], TaskCreated) and history.changes[-1].title == "Paint the door", history
print("the Python client works")
