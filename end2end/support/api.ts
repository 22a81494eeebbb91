/** A client of Taskwire's REST API, as far as the tests use it. */
export class Api {
  readonly #root: string;
  readonly #proof: Record<string, string>;

  /** Authenticates with this token; without one, the server must be one without accounts. */
  constructor(server: string, token?: string) {
    this.#root = `${server}/api/v1`;
    this.#proof = token ? { authorization: `Bearer ${token}` } : {};
  }

  boards = (): Promise<{ boards: Board[] }> => this.#call('GET', '/boards');
  createBoard = (name: string): Promise<Board> => this.#call('POST', '/boards', { name });

  board = (board: string): Promise<Board> => this.#call('GET', `/boards/${board}`);
  renameBoard = (board: string, name: string): Promise<Board> => this.#call('PATCH', `/boards/${board}`, { name });
  changeKey = (board: string, key: string): Promise<Board> => this.#call('PATCH', `/boards/${board}`, { key });
  changeBoard = (board: string, fields: { hue?: string | null; description?: string }): Promise<Board> =>
    this.#call('PATCH', `/boards/${board}`, fields);
  setArchived = (board: string, archived: boolean): Promise<Board> => this.#call('PATCH', `/boards/${board}`, { archived });
  deleteBoard = (board: string): Promise<void> => this.#call('DELETE', `/boards/${board}`);
  star = (board: string): Promise<void> => this.#call('PUT', `/boards/${board}/star`);
  restoreBoard = (board: string): Promise<Board> => this.#call('POST', `/boards/${board}/restore`);
  createColumn = (board: string, name: string): Promise<Column> =>
    this.#call('POST', `/boards/${board}/columns`, { name, kind: 'active' });
  createLabel = (board: string, label: LabelFields): Promise<Label> => this.#call('POST', `/boards/${board}/labels`, label);
  labels = async (board: string): Promise<Label[]> =>
    (await this.#call<{ labels: Label[] }>('GET', `/boards/${board}/labels`)).labels;
  changeLabel = (board: string, label: string, fields: LabelFields): Promise<Label> =>
    this.#call('PATCH', `/boards/${board}/labels/${label}`, fields);
  deleteColumn = (board: string, column: string): Promise<void> =>
    this.#call('DELETE', `/boards/${board}/columns/${column}`);

  /** The changes of a board after the one with this number, oldest first. */
  async changes(board: string, since = 0): Promise<Change[]> {
    return (await this.#call<{ changes: Change[] }>('GET', `/boards/${board}/changes?since=${since}`)).changes;
  }

  /** The titles of all tasks of a board, read page by page. */
  async titles(board: string): Promise<string[]> {
    const titles = [];
    let next: string | null = '';
    while (next !== null) {
      const page: TaskList = await this.tasks(board, `?limit=200${next && `&cursor=${encodeURIComponent(next)}`}`);
      titles.push(...page.tasks.map(({ title }) => title));
      next = page.next;
    }
    return titles;
  }

  tasks = (board: string, query = ''): Promise<TaskList> => this.#call('GET', `/boards/${board}/tasks${query}`);
  task = (task: string): Promise<Task> => this.#call('GET', `/tasks/${task}`);
  createTask = (board: string, task: TaskFields): Promise<Task> => this.#call('POST', `/boards/${board}/tasks`, task);
  changeTask = (task: string, fields: TaskFields): Promise<Task> => this.#call('PATCH', `/tasks/${task}`, fields);
  changeColumn = (board: string, column: string, fields: { name?: string; place?: 'first' | 'last' }): Promise<unknown> =>
    this.#call('PATCH', `/boards/${board}/columns/${column}`, fields);
  deleteTask = (task: string): Promise<void> => this.#call('DELETE', `/tasks/${task}`);
  restoreTask = (task: string): Promise<Task> => this.#call('POST', `/tasks/${task}/restore`);

  createChecklist = (task: string, name: string, items: (string | ItemFields)[] = []): Promise<Checklist> =>
    this.#call('POST', `/tasks/${task}/checklists`, {
      name,
      items: items.map((item) => (typeof item === 'string' ? { text: item } : item)),
    });
  checklists = async (task: string): Promise<Checklist[]> =>
    (await this.#call<{ checklists: Checklist[] }>('GET', `/tasks/${task}/checklists`)).checklists;
  changeItem = (task: string, item: ChecklistItem, fields: ItemFields): Promise<ChecklistItem> =>
    this.#call('PATCH', `/tasks/${task}/checklists/${item.checklist}/items/${item.id}`, fields);
  deleteItem = (task: string, item: ChecklistItem): Promise<void> =>
    this.#call('DELETE', `/tasks/${task}/checklists/${item.checklist}/items/${item.id}`);
  deleteChecklist = (task: string, checklist: string): Promise<void> =>
    this.#call('DELETE', `/tasks/${task}/checklists/${checklist}`);

  createComment = (task: string, text: string): Promise<{ id: string }> =>
    this.#call('POST', `/tasks/${task}/comments`, { text });
  deleteComment = (board: string, comment: string): Promise<void> =>
    this.#call('DELETE', `/boards/${board}/comments/${comment}`);

  setMember = (board: string, person: string, role: Role): Promise<void> =>
    this.#call('PUT', `/boards/${board}/members/${person}`, { role });
  removeMember = (board: string, person: string): Promise<void> =>
    this.#call('DELETE', `/boards/${board}/members/${person}`);
  setEveryone = (board: string, everyone: Role | null): Promise<Board> =>
    this.#call('PATCH', `/boards/${board}`, { everyone });
  createLink = (board: string): Promise<{ id: string; url: string }> => this.#call('POST', `/boards/${board}/links`);
  revokeLink = (board: string, link: string): Promise<void> =>
    this.#call('DELETE', `/boards/${board}/links/${link}`);

  /** Creates tasks one after the other, so that they are numbered in this order. */
  async createTasks(board: string, titles: string[]): Promise<Task[]> {
    const tasks = [];
    for (const title of titles) tasks.push(await this.createTask(board, { title }));
    return tasks;
  }

  /** Returns the response unchecked, whatever its status. */
  request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.#root}${path}`, { method, ...init, headers: { ...this.#proof, ...init.headers } });
  }

  async #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await this.request(method, path, json);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as Answer;
  }
}

export type Role = 'viewer' | 'editor' | 'manager';

export interface Board {
  id: string;
  key: string;
  name: string;
  seq: number;
  columns: Column[];
}

export interface Column {
  id: string;
  name: string;
}

export interface LabelFields {
  name?: string;
  hue?: string;
  tone?: string;
  pattern?: string;
  description?: string;
}

export interface Label extends LabelFields {
  id: string;
  name: string;
  tasks: number;
}

export interface ItemFields {
  text?: string;
  done?: boolean;
  assignee?: string | null;
  due?: string | null;
}

export interface ChecklistItem extends ItemFields {
  id: string;
  checklist: string;
  text: string;
}

export interface Checklist {
  id: string;
  name: string;
  items: ChecklistItem[];
}

export interface Change {
  seq: number;
  mutation: string;
  kind: string;
  task?: string;
  title?: string;
}

export interface TaskFields {
  title?: string;
  description?: string;
  column?: string;
  completed?: boolean;
  priority?: string;
  start?: string | null;
  due?: string | null;
  assignees?: string[];
  assign?: string[];
  unassign?: string[];
  labels?: string[];
  add_labels?: string[];
  remove_labels?: string[];
  place?: 'first' | 'last' | { before: string } | { after: string };
}

export interface Task extends TaskFields {
  id: string;
  title: string;
  completed: boolean;
}

export interface TaskList {
  tasks: Task[];
  next: string | null;
  seq: number;
}
