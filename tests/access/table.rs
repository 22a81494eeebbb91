//! Every route and server function against every kind of caller. The rows are compared with the router's own list, so a
//! new route without a row fails the test.

use std::collections::BTreeSet;

use reqwest::Method;
use uuid::Uuid;

use crate::fixture::{Fixture, TestBoard, Who};

/// A route, what to send, and the status for each kind of caller.
struct Row {
    route: &'static str,
    body: &'static str,
    answers: &'static str,
}

const fn row(route: &'static str, body: &'static str, answers: &'static str) -> Row {
    Row { route, body, answers }
}

/// `{board}` and the like stand for an id that is created anew for every cell. A form's body is not JSON.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    //                                                                  stra link view edit mana othe admi owne  read writ full  expi revo deac
    // Boards.
    row("GET /api/v1/boards", "",                                      "401  200  200  200  200  200  200  200   200  200  200   401  401  401"),
    row("POST /api/v1/boards", r#"{"name":"New"}"#,                    "401  403  201  201  201  201  201  201   403  201  201   401  401  401"),
    row("GET /api/v1/boards/{board}", "",                              "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("PATCH /api/v1/boards/{board}", r#"{"name":"Other"}"#,         "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("DELETE /api/v1/boards/{board}", "",                           "401  403  403  403  204  404  204  204   403  403  204   401  401  401"),
    row("POST /api/v1/boards/{board}/restore", "",                     "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("POST /api/v1/boards/{board}/copy", r#"{"name":"Copy"}"#,      "401  403  201  201  201  404  201  201   403  201  201   401  401  401"),
    row("PUT /api/v1/boards/{board}/star", "",                         "401  403  204  204  204  404  204  204   403  204  204   401  401  401"),
    row("DELETE /api/v1/boards/{board}/star", "",                      "401  403  204  204  204  404  204  204   403  204  204   401  401  401"),
    row("GET /api/v1/boards/{board}/changes", "",                      "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("POST /api/v1/boards/{board}/mutations", r#"{"mutations":[{"id":"01938b5e-0000-7000-8000-000000000001","op":"update_board"}]}"#,
                                                                       "401  200  200  200  200  200  200  200   200  200  200   401  401  401"),
    row("GET /api/v1/boards/{board}/events", "",                       "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    // Columns.
    row("GET /api/v1/boards/{board}/columns", "",                      "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("POST /api/v1/boards/{board}/columns", r#"{"name":"New","kind":"open"}"#,
                                                                       "401  403  403  201  201  404  201  201   403  201  201   401  401  401"),
    row("PATCH /api/v1/boards/{board}/columns/{column}", r#"{"name":"Other"}"#,
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("DELETE /api/v1/boards/{board}/columns/{column}", "",          "401  403  403  204  204  404  204  204   403  204  204   401  401  401"),
    // Labels.
    row("GET /api/v1/boards/{board}/labels", "",                       "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("POST /api/v1/boards/{board}/labels", r#"{"name":"New","hue":"red"}"#,
                                                                       "401  403  403  201  201  404  201  201   403  201  201   401  401  401"),
    row("GET /api/v1/boards/{board}/labels/{label}", "",               "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("PATCH /api/v1/boards/{board}/labels/{label}", r#"{"name":"Other"}"#,
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("DELETE /api/v1/boards/{board}/labels/{label}", "",            "401  403  403  204  204  404  204  204   403  204  204   401  401  401"),
    row("POST /api/v1/boards/{board}/labels/{label}/merge", r#"{"into":"{other_label}"}"#,
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    // Tasks.
    row("GET /api/v1/boards/{board}/tasks", "",                        "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("POST /api/v1/boards/{board}/tasks", r#"{"title":"New"}"#,     "401  403  403  201  201  404  201  201   403  201  201   401  401  401"),
    row("GET /api/v1/tasks/{task}", "",                                "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("GET /api/v1/refs/{ref}", "",                                 "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("PATCH /api/v1/tasks/{task}", r#"{"title":"Other"}"#,          "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("DELETE /api/v1/tasks/{task}", "",                             "401  403  403  204  204  404  204  204   403  204  204   401  401  401"),
    row("POST /api/v1/tasks/{task}/restore", "",                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("GET /api/v1/tasks/{task}/changes", "",                        "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    // Checklists.
    row("GET /api/v1/tasks/{task}/checklists", "",                     "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("POST /api/v1/tasks/{task}/checklists", r#"{"name":"New"}"#,   "401  403  403  201  201  404  201  201   403  201  201   401  401  401"),
    row("GET /api/v1/tasks/{task}/checklists/{checklist}", "",         "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("PATCH /api/v1/tasks/{task}/checklists/{checklist}", r#"{"name":"Other"}"#,
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("DELETE /api/v1/tasks/{task}/checklists/{checklist}", "",      "401  403  403  204  204  404  204  204   403  204  204   401  401  401"),
    row("POST /api/v1/tasks/{task}/checklists/{checklist}/restore", "",
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /api/v1/tasks/{task}/checklists/{checklist}/items", r#"{"items":[{"text":"New"}]}"#,
                                                                       "401  403  403  201  201  404  201  201   403  201  201   401  401  401"),
    row("PATCH /api/v1/tasks/{task}/checklists/{checklist}/items/{item}", r#"{"done":true}"#,
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("DELETE /api/v1/tasks/{task}/checklists/{checklist}/items/{item}", "",
                                                                       "401  403  403  204  204  404  204  204   403  204  204   401  401  401"),
    // Comments. The comment is the editor's.
    row("GET /api/v1/tasks/{task}/comments", "",                       "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("POST /api/v1/tasks/{task}/comments", r#"{"text":"New"}"#,     "401  403  403  201  201  404  201  201   403  201  201   401  401  401"),
    row("GET /api/v1/boards/{board}/comments/{comment}", "",           "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("PATCH /api/v1/boards/{board}/comments/{comment}", r#"{"text":"Other"}"#,
                                                                       "401  403  403  200  403  404  403  403   403  403  403   401  401  401"),
    row("DELETE /api/v1/boards/{board}/comments/{comment}", "",        "401  403  403  204  204  404  204  204   403  403  204   401  401  401"),
    row("POST /api/v1/boards/{board}/comments/{comment}/restore", "",  "401  403  403  200  200  404  200  200   403  403  200   401  401  401"),
    row("GET /api/v1/boards/{board}/comments/{comment}/versions", "",  "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("PUT /api/v1/boards/{board}/comments/{comment}/reactions/{reaction}", "",
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("DELETE /api/v1/boards/{board}/comments/{comment}/reactions/{reaction}", "",
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    // Who has access to a board.
    row("GET /api/v1/boards/{board}/members", "",                      "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("PUT /api/v1/boards/{board}/members/{person}", r#"{"role":"viewer"}"#,
                                                                       "401  403  403  403  204  404  204  204   403  403  204   401  401  401"),
    row("DELETE /api/v1/boards/{board}/members/{member}", "",          "401  403  403  403  204  404  204  204   403  403  204   401  401  401"),
    row("GET /api/v1/boards/{board}/links", "",                        "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("POST /api/v1/boards/{board}/links", "",                       "401  403  403  403  201  404  201  201   403  403  201   401  401  401"),
    row("DELETE /api/v1/boards/{board}/links/{link}", "",              "401  403  403  403  204  404  204  204   403  403  204   401  401  401"),
    // People.
    row("GET /api/v1/people", "",                                      "401  403  200  200  200  200  200  200   200  200  200   401  401  401"),
    row("GET /api/v1/me", "",                                          "401  200  200  200  200  200  200  200   200  200  200   401  401  401"),
    row("GET /api/v1/people/me", "",                                   "401  403  200  200  200  200  200  200   200  200  200   401  401  401"),
    row("PATCH /api/v1/people/{person}", r#"{"role":"admin"}"#,        "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("POST /api/v1/people/{person}/new-password", "",               "401  403  403  403  403  403  201  201   403  403  201   401  401  401"),
    row("GET /api/v1/people/{person}/sessions", "",                    "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("DELETE /api/v1/people/{person}/sessions", "",                 "401  403  403  403  403  403  204  204   403  403  204   401  401  401"),
    row("DELETE /api/v1/people/{person}/sessions/{session}", "",       "401  403  403  403  403  403  404  404   403  403  404   401  401  401"),
    row("GET /api/v1/people/{person}/tokens", "",                      "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("DELETE /api/v1/people/{person}/tokens", "",                   "401  403  403  403  403  403  204  204   403  403  204   401  401  401"),
    row("DELETE /api/v1/people/{person}/tokens/{token}", "",           "401  403  403  403  403  403  404  404   403  403  404   401  401  401"),
    row("POST /api/v1/people/{person}/hand-over", r#"{"to":"{member}"}"#,
                                                                       "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("POST /api/v1/people/import", r#"{"csv":"name,email\n"}"#,     "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("GET /api/v1/invitations", "",                                 "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("POST /api/v1/invitations", "{}",                              "401  403  403  403  403  403  201  201   403  403  201   401  401  401"),
    row("DELETE /api/v1/invitations/{invitation}", "",                 "401  403  403  403  403  403  204  204   403  403  204   401  401  401"),
    row("GET /api/v1/tokens", "",                                      "401  403  200  200  200  200  200  200   403  403  200   401  401  401"),
    row("DELETE /api/v1/tokens/{token}", "",                           "401  403  204  204  204  204  204  204   403  403  204   401  401  401"),
    // Groups.
    row("GET /api/v1/groups", "",                                      "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("POST /api/v1/groups", r#"{"name":"{session}"}"#,              "401  403  403  403  403  403  201  201   403  403  201   401  401  401"),
    row("GET /api/v1/groups/{group}", "",                              "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("PATCH /api/v1/groups/{group}", r#"{"name":"{session}"}"#,     "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("DELETE /api/v1/groups/{group}", "",                           "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("PUT /api/v1/groups/{group}/people/{person}", "",              "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("DELETE /api/v1/groups/{group}/people/{member}", "",           "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("PUT /api/v1/groups/{group}/boards/{board}", r#"{"role":"manager"}"#,
                                                                       "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("DELETE /api/v1/groups/{group}/boards/{board}", "",            "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    // The state of the installation.
    row("GET /api/v1/system", "",                                      "401  403  403  403  403  403  200  200   200  200  200   401  401  401"),
    row("GET /api/v1/system/checks", "",                               "401  403  403  403  403  403  200  200   200  200  200   401  401  401"),
    row("GET /api/v1/audit", "",                                       "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("GET /api/v1/settings", "",                                    "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("PATCH /api/v1/settings", r#"{"settings":{"api_rate":"6000"}}"#,
                                                                       "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    row("POST /api/v1/settings/test-mail", "",                         "401  403  403  403  403  403  200  200   403  403  200   401  401  401"),
    // Routes that are open to everybody.
    row("GET /api/v1/openapi.json", "",                                "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /api/v1/asyncapi.json", "",                               "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /api/v1", "",                                             "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /api/docs", "",                                           "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /api/docs/errors", "",                                    "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /api/docs/socket", "",                                    "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /api/docs/interactive.js", "",                            "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /api/docs/console.js", "",                                "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /healthz", "",                                            "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /readyz", "",                                             "200  200  200  200  200  200  200  200   200  200  200   401  401  200"),
    row("GET /metrics", "",                                            "401  403  403  403  403  403  200  200   200  200  200   401  401  401"),
    row("POST /theme", "theme=dark",                                   "303  303  303  303  303  303  303  303   303  303  303   401  401  303"),
    // Without the WebSocket headers, the response says only that they are missing; tests/access/socket.rs tests the
    // messages.
    row("GET /ws", "",                                                 "426  426  426  426  426  426  426  426   426  426  426   401  401  426"),
    // Says why a page has no connection. Here the server would accept one, so something in between must block
    // WebSockets.
    row("POST /ws", "",                                                "401  409  409  409  409  409  409  409   409  409  409   401  401  401"),
    // Pages.
    row("GET /", "",                                                   "303  200  200  200  200  200  200  200   200  200  200   401  401  303"),
    row("GET /boards/{board}/{*rest}", "",                             "303  200  200  200  200  404  200  200   200  200  200   401  401  303"),
    // It leads to the task, or to sign in.
    row("GET /t/{ref}", "",                                           "303  303  303  303  303  404  303  303   303  303  303   401  401  303"),
    // Server functions, as the program in a page calls them.
    row("POST /forms/list_boards", "",                                 "401  200  200  200  200  200  200  200   200  200  200   401  401  401"),
    row("POST /forms/load_board", "board={board}",                     "401  200  200  200  200  null 200  200   200  200  200   401  401  401"),
    row("POST /forms/load_history", "board={board}",                   "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("POST /forms/create_board", "name=New&everyone=",              "401  403  200  200  200  200  200  200   403  200  200   401  401  401"),
    row("POST /forms/add_task", "board={board}&column={column}&title=New",
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/add_comment", "board={board}&task={task}&text=New",
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/comment_versions", "board={board}&comment={comment}",
                                                                       "401  200  200  200  200  404  200  200   200  200  200   401  401  401"),
    row("POST /forms/set_completed", "board={board}&task={task}&completed=true",
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/update_task", "board={board}&task={task}&base=99&edit[title]=New&edit[description]=&edit[column]={column}&edit[priority]=none&edit[due]=&was[title]=Tea&was[description]=&was[column]={column}&was[priority]=none&was[due]=",
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/delete_task", "board={board}&task={task}",        "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/restore_task", "board={board}&task={trashed}",    "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/set_member", "board={board}&person={person}&role=viewer",
                                                                       "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("POST /forms/set_archived", "board={board}&archived=false",   "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("POST /forms/edit_board", "board={board}&edit[name]=Plans&edit[hue]=teal&edit[description]=&was[name]=Plans&was[hue]=&was[description]=",
                                                                       "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("POST /forms/copy_board", "board={board}&name=Copy&tasks=true","401  403  200  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/set_star", "board={board}&starred=true",         "401  403  200  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/restore_board", "board={board}",                  "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("POST /forms/edit_label", "board={board}&edit[label]={label}&edit[name]=A&edit[hue]=red&edit[tone]=dark&edit[pattern]=dots&edit[description]=&edit[action]=save",
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/edit_checklist", "board={board}&task={task}&edit[checklist]={checklist}&edit[tick]={item}",
                                                                       "401  403  403  200  200  404  200  200   403  200  200   401  401  401"),
    row("POST /forms/set_everyone", "board={board}&everyone=viewer",   "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("POST /forms/share_links", "board={board}",                    "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("POST /forms/create_share_link", "board={board}",              "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    row("POST /forms/revoke_share_link", "board={board}&link={link}",  "401  403  403  403  200  404  200  200   403  403  200   401  401  401"),
    // Pages about accounts. For them, a caller with a token but no session is not signed in.
    row("GET /first-visit", "",                                        "410 410 410 410 410 410 410 410  410 410 410  401 401 410"),
    row("POST /first-visit", "name=A&email=a@b&password=1234567890&again=1234567890",
                                                                       "409 409 409 409 409 409 409 409  409 409 409  401 401 409"),
    row("GET /sign-in", "",                                            "200 200 303 303 303 303 303 303  200 200 200  401 401 200"),
    row("POST /sign-in", "email={person}@example.com&password=1234567890",
                                                                       "401 401 401 401 401 401 401 401  401 401 401  401 401 401"),
    row("GET /sign-in/elsewhere", "",                                  "404 404 404 404 404 404 404 404  404 404 404  401 401 404"),
    row("GET /sign-in/elsewhere/callback", "",                         "404 404 404 404 404 404 404 404  404 404 404  401 401 404"),
    row("GET /forgot-password", "",                                    "404 404 404 404 404 404 404 404  404 404 404  401 401 404"),
    row("POST /forgot-password", "email=no@example.com",               "404 404 404 404 404 404 404 404  404 404 404  401 401 404"),
    row("GET /join/{secret}", "",                                      "410 410 410 410 410 410 410 410  410 410 410  401 401 410"),
    row("POST /join/{secret}", "name=A&email=a@b&password=1234567890&again=1234567890",
                                                                       "410 410 410 410 410 410 410 410  410 410 410  401 401 410"),
    row("GET /new-password/{secret}", "",                              "410 410 410 410 410 410 410 410  410 410 410  401 401 410"),
    row("POST /new-password/{secret}", "password=1234567890&again=1234567890",
                                                                       "410 410 410 410 410 410 410 410  410 410 410  401 401 410"),
    row("GET /share/{secret}", "",                                     "410 410 410 410 410 410 410 410  410 410 410  401 401 410"),
    row("GET /account", "",                                            "303 303 200 200 200 200 200 200  303 303 303  401 401 303"),
    row("POST /account/name", "name=same",                             "401 401 303 303 303 303 303 303  401 401 401  401 401 401"),
    row("POST /account/email", "email=a@example.com&current=no",        "401 401 422 422 422 422 422 422  401 401 401  401 401 401"),
    row("POST /account/password", "",                                  "401 401 422 422 422 422 422 422  401 401 401  401 401 401"),
    row("POST /account/sessions/end", "id={token}",               "401 401 404 404 404 404 404 404  401 401 401  401 401 401"),
    row("POST /account/sessions/end-others", "",                       "401 401 303 303 303 303 303 303  401 401 401  401 401 401"),
    row("POST /account/tokens", "",                                    "401 401 422 422 422 422 422 422  401 401 401  401 401 401"),
    row("POST /account/tokens/revoke", "id={token}",                   "401 401 303 303 303 303 303 303  401 401 401  401 401 401"),
    row("GET /people", "",                                             "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /people/role", "person={person}&role=admin",             "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /people/deactivate", "person={person}",                  "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /people/reactivate", "person={person}",                  "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /people/new-password", "person={person}",                "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /people/invitations", "role=member",                     "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /people/invitations/revoke", "id={invitation}"        ,  "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    // Administration.
    row("GET /admin", "",                                               "303 303 403 403 403 403 303 303  303 303 303  401 401 303"),
    row("GET /admin/tasks", "",                                         "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/tasks/bulk", "action=complete&of=selected&task={task}","401 401 403 403 403 403 200 200  401 401 401  401 401 401"),
    row("GET /admin/tasks/{task}", "",                                  "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/tasks/{task}", "seq=1",                            "401 401 403 403 403 403 422 422  401 401 401  401 401 401"),
    row("POST /admin/tasks/{task}/put-back", "seq=1&field=Title&seen=9","401 401 403 403 403 403 409 409  401 401 401  401 401 401"),
    row("POST /admin/tasks/{task}/delete", "",                          "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/tasks/{task}/restore", "",                         "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("GET /admin/boards", "",                                        "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("GET /admin/boards/{board}", "",                                "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/boards/{board}/name", "name=New&seq=99",           "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/boards/{board}/everyone", "everyone=viewer",       "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/boards/{board}/members", "person={person}&role=editor",
                                                                        "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/boards/{board}/links/revoke", "id={link}",         "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/boards/{board}/archived", "archived=false",        "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/boards/{board}/put-back", "seq=1&field=0&seen=9",  "401 401 403 403 403 403 409 409  401 401 401  401 401 401"),
    row("POST /admin/boards/{board}/delete", "name=Plans",              "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("GET /admin/people", "",                                        "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("GET /admin/people/{person}", "",                               "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/people/role", "person={person}&role=admin",        "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/people/deactivate", "person={person}",             "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/people/reactivate", "person={person}",             "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/people/new-password", "person={person}",           "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("GET /admin/sessions", "",                                      "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/sessions/end", "person={person}",                  "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("GET /admin/tokens", "",                                        "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/tokens/revoke", "person={person}&id={token}",      "401 401 403 403 403 403 404 404  401 401 401  401 401 401"),
    row("GET /admin/invitations", "",                                   "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/invitations/revoke", "id={invitation}",            "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("GET /admin/share-links", "",                                   "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/share-links/revoke", "board={board}&id={link}",    "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("GET /admin/outbox", "",                                        "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/outbox/retry", "id=01938b5e-0000-7000-8000-000000000001",
                                                                        "401 401 403 403 403 403 404 404  401 401 401  401 401 401"),
    row("POST /admin/outbox/remove", "id=01938b5e-0000-7000-8000-000000000001",
                                                                        "401 401 403 403 403 403 404 404  401 401 401  401 401 401"),
    row("GET /admin/bulk-edits", "",                                    "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("GET /admin/bulk-edits/{id}", "",                               "303 303 403 403 403 403 404 404  303 303 303  401 401 303"),
    row("POST /admin/bulk-edits/{id}/continue", "",                     "401 401 403 403 403 403 404 404  401 401 401  401 401 401"),
    row("GET /admin/audit", "",                                         "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/bulk-edits/{id}/undo", "",                         "401 401 403 403 403 403 404 404  401 401 401  401 401 401"),
    // Administration: people and boards.
    row("GET /admin/boards/deleted", "",                               "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/boards/{board}/restore", "",                      "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("GET /admin/people/import", "",                                "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/people/import", "csv=name,email&wanted=check",    "401 401 403 403 403 403 200 200  401 401 401  401 401 401"),
    row("GET /admin/people/{person}/account", "",                      "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/people/{person}/account", "name=A&email={session}@example.com",
                                                                       "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/people/{person}/account/hand-over", "to={member}&tasks=yes&wanted=preview",
                                                                       "401 401 403 403 403 403 200 200  401 401 401  401 401 401"),
    row("GET /admin/groups", "",                                       "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/groups", "name={session}",                        "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("GET /admin/groups/{group}", "",                               "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/groups/{group}", "name={session}",                "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/groups/{group}/people", "person={person}",        "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/groups/{group}/people/remove", "person={member}", "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/groups/{group}/boards", "board={board}&role=",    "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/groups/{group}/delete", "name=Group of {board}",  "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/boards/{board}/groups", "group={group}&role=viewer",
                                                                       "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("GET /admin/system", "",                                        "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("GET /admin/system/checks", "",                                "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("GET /admin/settings", "",                                      "303 303 403 403 403 403 200 200  303 303 303  401 401 303"),
    row("POST /admin/settings", "server_name=Taskwire&was-server_name=Taskwire",
                                                                       "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/settings", "keep_audit=300&was-keep_audit=365",   "401 401 403 403 403 403 403 303  401 401 401  401 401 401"),
    row("POST /admin/settings/default", "name=server_name&was=Taskwire",
                                                                       "401 401 403 403 403 403 303 303  401 401 401  401 401 401"),
    row("POST /admin/settings/test-mail", "",                           "401 401 403 403 403 403 200 200  401 401 401  401 401 401"),
    // Last, because it ends the sessions of all callers.
    row(SIGN_OUT, "",                                                  "303 303 303 303 303 303 303 303  303 303 303  401 401 303"),
];

/// It changes no board, and who has signed out can make none.
const SIGN_OUT: &str = "POST /sign-out";

/// The answers to requests that changed nothing.
const REFUSALS: [&str; 3] = ["401", "403", "404"];

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_what_they_may_have_and_nothing_else() {
    let fixture = Fixture::new().await;
    let mut wrong = Vec::new();
    for row in TABLE {
        let answers: Vec<&str> = row.answers.split_whitespace().collect();
        assert_eq!(answers.len(), Who::ALL.len(), "{}", row.route);
        let mut test_board = fixture.create_board().await;
        for (who, expected) in Who::ALL.into_iter().zip(answers) {
            let got = answer(&fixture, &test_board, who, row).await;
            if got != expected {
                wrong.push(format!("{}: {who:?} got {got}, not {expected}", row.route));
            }
            // It takes many requests to make a board, so each serves until a request may have changed it.
            let may_change = !row.route.starts_with("GET ") && row.route != SIGN_OUT;
            if may_change && !REFUSALS.contains(&got.as_str()) {
                fixture.delete_board(&test_board).await;
                test_board = fixture.create_board().await;
            }
        }
        fixture.delete_board(&test_board).await;
    }
    assert!(wrong.is_empty(), "{} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_is_without_a_row() {
    let fixture = Fixture::new().await;
    let routes = taskwire::http::listed(&fixture.services);
    let routes: BTreeSet<String> = routes.iter().map(|(method, path)| plain(&format!("{method} {path}"))).collect();
    let rows: BTreeSet<String> = TABLE.iter().map(|row| plain(row.route)).collect();
    let without_row: Vec<_> = routes.difference(&rows).collect();
    let without_route: Vec<_> = rows.difference(&routes).collect();
    assert!(without_row.is_empty() && without_route.is_empty(), "no row: {without_row:?}\nno route: {without_route:?}");
}

/// A route with the names of its parameters removed.
fn plain(route: &str) -> String {
    let part =
        |part: &str| if part.starts_with('{') || part.starts_with(':') { "{}".to_owned() } else { part.to_owned() };
    route.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The status of the response, or `null` if the response says only that.
async fn answer(fixture: &Fixture, test_board: &TestBoard, who: Who, Row { route, body, .. }: &Row) -> String {
    let (method, path) = route.split_once(' ').unwrap();
    let path = fill(fixture, who, test_board, path).await;
    let body = fill(fixture, who, test_board, body).await;
    let mut request = fixture.ask(who, test_board, method.parse::<Method>().unwrap(), &path);
    if !path.starts_with("/api/") && method != "GET" {
        request =
            request.header("content-type", "application/x-www-form-urlencoded").header("accept", "*/*").body(body);
    } else if !body.is_empty() {
        request = request.header("content-type", "application/json").body(body);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16().to_string();
    match path.starts_with("/forms/load_") && response.text().await.unwrap() == "null" {
        true => "null".to_owned(),
        false => status,
    }
}

async fn fill(fixture: &Fixture, who: Who, test_board: &TestBoard, text: &str) -> String {
    let mut text = text
        .replace("{board}", &test_board.board.to_string())
        .replace("{task}/restore", &format!("{}/restore", test_board.trashed))
        .replace("{task}", &test_board.task.to_string())
        .replace("{checklist}/restore", &format!("{}/restore", test_board.deleted_checklist))
        .replace("{checklist}", &test_board.checklist.to_string())
        .replace("{item}", &test_board.item.to_string())
        .replace("{comment}/restore", &format!("{}/restore", test_board.deleted_comment))
        .replace("{comment}", &test_board.comment.to_string())
        .replace("{reaction}", "heart")
        .replace("{label}", &test_board.label.to_string())
        .replace("{other_label}", &test_board.spare_label.to_string())
        .replace("{trashed}", &test_board.trashed.to_string())
        .replace("{link}", &test_board.link.to_string())
        // Not the caller: everybody may leave a board.
        .replace("{member}", &if who == Who::Viewer { fixture.editor.id } else { fixture.viewer.id }.to_string())
        .replace("{session}", &app::new_id::<Uuid>().to_string())
        .replace("{secret}", "0123456789012345678901234567890123456789012")
        // No such bulk edit.
        .replace("{id}", "01938b5e-0000-7000-8000-000000000001")
        .replace("/{*rest}", "");
    // The column in a path is deleted, so it must be empty.
    let column = if text.starts_with('/') { test_board.spare_column } else { test_board.column };
    text = text.replace("{column}", &column.to_string());
    if text.contains("{group}") {
        text = text.replace("{group}", &fixture.group_on(test_board).await.to_string());
    }
    if text.contains("{ref}") {
        let board = fixture.services.store.board(test_board.board).await.unwrap().unwrap();
        let name = board.task_ref(board.task(test_board.task).unwrap()).unwrap();
        text = text.replace("{ref}", &name.to_string());
    }
    if text.contains("{person}") {
        text = text.replace("{person}", &fixture.newcomer().await.to_string());
    }
    if text.contains("{invitation}") {
        text = text.replace("{invitation}", &fixture.invitation().await.to_string());
    }
    if text.contains("{token}") {
        text = text.replace("{token}", &fixture.token_of(who).await.to_string());
    }
    text
}

/// Uses an id of another board in every place of every route. The caller manages one board and may not know of the
/// other.
#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_board_are_refused_on_every_route() {
    let fixture = Fixture::new().await;
    let mine = fixture.create_board().await;
    // Managed by the owner, with no other members.
    let secret = {
        let other = fixture.create_board().await;
        for person in [fixture.viewer.id, fixture.editor.id] {
            let path = format!("/api/v1/boards/{}/members/{person}", other.board);
            assert_eq!(fixture.ask(Who::Owner, &other, Method::DELETE, &path).send().await.unwrap().status(), 204);
        }
        let make_manager = format!("/api/v1/boards/{}/members/{}", other.board, fixture.owner.id);
        let promote =
            fixture.ask(Who::Owner, &other, Method::PUT, &make_manager).json(&serde_json::json!({"role": "manager"}));
        assert_eq!(promote.send().await.unwrap().status(), 204);
        let leave = format!("/api/v1/boards/{}/members/{}", other.board, fixture.manager.id);
        assert_eq!(fixture.ask(Who::Manager, &other, Method::DELETE, &leave).send().await.unwrap().status(), 204);
        other
    };
    let state = fixture.services.store.board(secret.board).await.unwrap().unwrap();
    let secret_name = state.task_ref(state.task(secret.task).unwrap()).unwrap();
    let before = state.seq();
    let (board, task, column) = (mine.board, mine.task, mine.column);
    let requests = [
        (Method::GET, format!("/api/v1/tasks/{}", secret.task), String::new()),
        (Method::GET, format!("/api/v1/refs/{secret_name}"), String::new()),
        (Method::PATCH, format!("/api/v1/tasks/{}", secret.task), r#"{"title":"Mine"}"#.to_owned()),
        (Method::PATCH, format!("/api/v1/tasks/{task}"), format!(r#"{{"column":"{}"}}"#, secret.column)),
        (Method::PATCH, format!("/api/v1/boards/{board}/columns/{}", secret.column), r#"{"name":"Mine"}"#.to_owned()),
        (Method::PATCH, format!("/api/v1/boards/{}/columns/{column}", secret.board), r#"{"name":"Mine"}"#.to_owned()),
        (Method::PATCH, format!("/api/v1/boards/{board}/labels/{}", secret.label), r#"{"name":"Mine"}"#.to_owned()),
        (Method::GET, format!("/api/v1/boards/{board}/comments/{}", secret.comment), String::new()),
        (Method::GET, format!("/api/v1/boards/{board}/comments/{}/versions", secret.comment), String::new()),
        (Method::DELETE, format!("/api/v1/boards/{board}/comments/{}", secret.comment), String::new()),
        (Method::GET, format!("/api/v1/tasks/{}/comments", secret.task), String::new()),
        (Method::POST, format!("/api/v1/tasks/{}/comments", secret.task), r#"{"text":"Mine"}"#.to_owned()),
        (Method::PATCH, format!("/api/v1/tasks/{task}"), format!(r#"{{"add_labels":["{}"]}}"#, secret.label)),
        (Method::GET, format!("/api/v1/tasks/{}/checklists", secret.task), String::new()),
        (
            Method::PATCH,
            format!("/api/v1/tasks/{task}/checklists/{}", secret.checklist),
            r#"{"name":"Mine"}"#.to_owned(),
        ),
        (
            Method::PATCH,
            format!("/api/v1/tasks/{task}/checklists/{}/items/{}", mine.checklist, secret.item),
            r#"{"done":true}"#.to_owned(),
        ),
        (
            Method::PATCH,
            format!("/api/v1/tasks/{task}/checklists/{}/items/{}", mine.checklist, mine.item),
            format!(r#"{{"checklist":"{}"}}"#, secret.checklist),
        ),
        (
            Method::POST,
            format!("/api/v1/boards/{board}/labels/{}/merge", mine.label),
            format!(r#"{{"into":"{}"}}"#, secret.label),
        ),
        (
            Method::POST,
            format!("/api/v1/boards/{board}/tasks"),
            format!(r#"{{"title":"A","column":"{}"}}"#, secret.column),
        ),
        (Method::POST, format!("/api/v1/boards/{board}/tasks"), format!(r#"{{"title":"A","id":"{}"}}"#, secret.task)),
        (Method::DELETE, format!("/api/v1/boards/{board}/links/{}", secret.link), String::new()),
        (Method::DELETE, format!("/api/v1/boards/{}/links/{}", secret.board, mine.link), String::new()),
        (Method::POST, "/api/v1/boards".to_owned(), format!(r#"{{"name":"Mine","id":"{}"}}"#, secret.board)),
        (
            Method::PUT,
            format!("/api/v1/boards/{board}/members/{}", app::new_id::<Uuid>()),
            r#"{"role":"viewer"}"#.to_owned(),
        ),
    ];
    for (method, path, body) in requests {
        let request = fixture.ask(Who::Manager, &mine, method.clone(), &path);
        let answer = request.header("content-type", "application/json").body(body.clone()).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(matches!(status.as_u16(), 404 | 409 | 422), "{method} {path} {body}: {status} {text}");
        assert!(!text.contains("Tea"), "{method} {path}: {text}");
    }
    // A place next to a task of another board is not valid: the task is moved to the end, and nothing about the other
    // task is revealed.
    let next_to = format!(r#"{{"place":{{"after":"{}"}}}}"#, secret.task);
    let moved = fixture.ask(Who::Manager, &mine, Method::PATCH, &format!("/api/v1/tasks/{task}"));
    assert_eq!(moved.header("content-type", "application/json").body(next_to).send().await.unwrap().status(), 200);
    assert_eq!(
        fixture.services.store.board(secret.board).await.unwrap().unwrap().seq(),
        before,
        "nothing happened there"
    );
}
