"""What schemathesis cannot know from the OpenAPI document.

A request that is right by its schema may still be refused because of the state of the server, or by a rule of texts that a schema cannot
say. Such refusals are listed here, so that every other one is a failure.
"""

import json
import random
import re
import uuid

import schemathesis
from schemathesis.core.failures import Failure

# The problem's code, the field that it names, and the beginning of its message.
BY_STATE = [
    # Each made-up cursor, number or entity tag is refused, because only those of an earlier response are good.
    ("invalid_parameter", "If-Match", "expected an ETag of this server"),
    ("invalid_parameter", "cursor", "expected the `next` of"),
    ("invalid_parameter", "from|to", "expected a time"),
    ("invalid_parameter", ".*_(before|after)", ".* is neither a day"),
    ("invalid_parameter", "actor", "expected the id or the e-mail address of a person"),
    ("invalid_parameter", "since", "expected at most"),
    # Ids of things that do not exist, in a body.
    ("invalid", "column", "this board has no such column"),
    ("invalid", "boards", "there is no such board"),
    ("invalid", "to", "there is no such person"),
    ("invalid", "checklist", "this task has no such checklist"),
    ("invalid", "(add_|remove_)?labels|into", "this board has no such label"),
    # What is there already, or is the same thing.
    ("invalid", "name", "another group has this name"),
    # Keys that mean something else, such as UTF.
    ("invalid", "key", "people mean something else"),
    ("invalid", "into", "a label cannot be merged into itself"),
    ("invalid", r"assign(ees)?", "an assignee must be able to see the board"),
    # What a board or a server must not be without.
    ("invalid", "completed", "this board has no column"),
    ("invalid", "completed", "the column"),
    ("invalid", "column", "this is the only column"),
    ("invalid", "role", "a board needs a manager"),
    ("invalid", "(role|account)", "the (role|account) cannot be"),
    # A key says when it was made.
    ("key_expired", "Idempotency-Key", ""),
]
BY_TEXT = [
    ("invalid", ".*", "the .* must not be empty"),
    ("invalid", ".*", "the .* must be one line of text"),
    ("invalid", ".*", "the .* must not contain (control )?characters"),
    ("invalid", "name", r"the name is \d+ characters long"),
    ("invalid", "email", ""),
    ("invalid", "csv", ""),
    ("invalid", "description|text", r"the (description|text) is \d+ bytes long"),
    ("invalid", "columns", "two columns have the same id"),
    # Each setting has a parser of its own, that of its flag.
    ("invalid", "settings", "(there is no setting|.* is set at start alone)"),
    ("invalid", ".*", "expected .*; without one, it has its default"),
    ("invalid", "server_name|sign_up_domains|smtp|mail_from|log_retention|keep_.*|api_rate|sockets_per_.*", ""),
    ("invalid", "unassign", "the same person is in"),
    ("invalid", "(add_|remove_)labels", "the same label is in"),
    # Several ids in one text.
    ("invalid_parameter", "labels", "(expected UUIDs|at most)"),
    ("invalid", "everyone", "everyone may be at most an editor"),
    ("invalid", "archived", "this cannot be changed together"),
]
KNOWN = [tuple(map(re.compile, refusal)) for refusal in BY_STATE + BY_TEXT]

keys = random.Random(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """A client uses an idempotency key once, and whoever asks for some fields does not get the whole of a schema (tests/rest/lists.rs)."""
    for name in list(case.headers or {}):
        if name.lower() == "idempotency-key" and is_uuid(case.headers[name]):
            case.headers[name] = str(uuid.UUID(int=keys.getrandbits(128), version=4))
    if case.query:
        case.query.pop("fields", None)


@schemathesis.check
def refused_for_a_reason(ctx, response, case):
    """A request that is right by its schema is refused only for a reason that the schema cannot say."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    problem = json.loads(response.content)
    errors = [(problem["code"], error["field"], error["message"]) for error in problem.get("errors", [])]
    for error in errors or [(problem["code"], "", problem["detail"])]:
        if not any(all(part.match(text) for part, text in zip(known, error)) for known in KNOWN):
            raise Failure(operation=case.operation.label, title="Valid request refused", message=": ".join(error))


def is_uuid(text):
    try:
        return bool(uuid.UUID(str(text)))
    except ValueError:
        return False
