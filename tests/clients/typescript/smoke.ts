// Tries the client that openapi-typescript describes on the server in TASKWIRE_URL.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./client.js";

const token = process.env.TASKWIRE_TOKEN;
const client = createClient<paths>({
    baseUrl: `${process.env.TASKWIRE_URL}/api/v1`,
    headers: { Authorization: `Bearer ${token}` },
});

const { data: board } = await client.POST("/boards", { body: { name: "Plans" } });
assert(board);
assert.deepEqual(
    board.columns.map((column) => column.kind),
    ["open", "active", "done"],
);

const { data: task } = await client.POST("/boards/{board}/tasks", {
    params: { path: { board: board.id } },
    body: { title: "Paint the door", due: "2026-12-24", priority: "high", place: "first" },
});
assert(task);

const { data: list } = await client.GET("/boards/{board}/tasks", {
    params: { path: { board: board.id }, query: { order: "-due", due_before: "2026-12-25", assignee: "none" } },
});
assert.deepEqual(list?.tasks, [task]);

const change = (title: string, base: number) =>
    client.PATCH("/tasks/{task}", {
        params: { path: { task: task.id }, header: { "If-Match": `"${base}"` } },
        body: { title },
    });
await change("Paint the front door", task.seq);
const { error, response } = await change("Paint the back door", task.seq);
assert.equal(response.status, 412);
assert.equal(error?.code, "conflict");
assert.equal(error?.conflict?.theirs, "Paint the front door");

const { data: changes } = await client.GET("/tasks/{task}/changes", { params: { path: { task: task.id } } });
const describe = (change: components["schemas"]["Change"]) => (change.kind === "task_created" ? change.title : change.kind);
assert.deepEqual(changes?.changes.map(describe), ["task_updated", "Paint the door"]);

const mutation = { id: "01938b5e-0000-7000-8000-000000000001", op: "delete_task" as const, task: task.id };
const { data: edits } = await client.POST("/boards/{board}/mutations", {
    params: { path: { board: board.id } },
    body: { mutations: [mutation] },
});
assert.equal(edits?.answers[0]?.error, undefined);
console.log("the TypeScript client works");
