#!/usr/bin/env python3
"""Makes the small database of a released version, for both engines, as tests/upgrade/<version>/ keeps it:

    tests/upgrade/make.py path/to/that/version/of/taskwire

It needs sqlite3, and PostgreSQL's programs in PATH or in Debian's folder. What is there already is not made again.
"""

import glob, json, os, pathlib, shutil, socket, subprocess, sys, tempfile, time, urllib.request

taskwire = os.path.abspath(sys.argv[1])
version = subprocess.run([taskwire, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
folder = pathlib.Path(__file__).parent / version
if folder.exists():
    sys.exit(f"{folder} is there already, and is never changed")


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def fill(url):
    """Does something of everything on an empty database, and tells what the boards are then."""
    port = free_port()
    log = open(os.devnull, "w")
    server = subprocess.Popen(
        [taskwire, "serve", "--listen", f"127.0.0.1:{port}", "--database", url, "--no-sample"], stdout=log, stderr=log
    )
    try:
        return ask_for_everything(url, f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait()


def ask_for_everything(url, base):
    run = lambda *arguments: subprocess.run(
        [taskwire, *arguments, "--database", url, "--json"], capture_output=True, text=True, check=True, input="a long password\n"
    ).stdout
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{base}/healthz")
            break
        except OSError:
            time.sleep(0.1)
    for name, role in (("Ana", "owner"), ("Ben", "member"), ("Cleo", "member")):
        run("user", "add", "--email", f"{name.lower()}@example.com", "--name", name, "--role", role, "--password-stdin")
    token = json.loads(run("token", "create", "--user", "ana@example.com", "--scope", "admin"))
    secret = token.get("secret") or token.get("token")

    def ask(method, path, body=None, expected=(200, 201, 204)):
        request = urllib.request.Request(
            f"{base}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {secret}", "content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as response:
                text, status = response.read(), response.status
        except urllib.error.HTTPError as error:
            text, status = error.read(), error.code
        assert status in expected, (method, path, status, text)
        return json.loads(text) if text else None

    people = {person["name"]: person["id"] for person in ask("GET", "/people")["people"]}
    board = ask("POST", "/boards", {"name": "Garden"})["id"]
    ask("PATCH", f"/boards/{board}", {"name": "Garden “2026” 🌱"})
    ask("PUT", f"/boards/{board}/members/{people['Ben']}", {"role": "editor"})
    ask("PUT", f"/boards/{board}/members/{people['Cleo']}", {"role": "viewer"})
    ask("DELETE", f"/boards/{board}/members/{people['Cleo']}")
    link = ask("POST", f"/boards/{board}/links")["id"]
    ask("POST", f"/boards/{board}/links")
    ask("DELETE", f"/boards/{board}/links/{link}")
    columns = [column["id"] for column in ask("GET", f"/boards/{board}/columns")["columns"]]
    review = ask("POST", f"/boards/{board}/columns", {"name": "Review", "kind": "active"})["id"]
    ask("PATCH", f"/boards/{board}/columns/{review}", {"name": "In review", "place": "first"})
    spare = ask("POST", f"/boards/{board}/columns", {"name": "Spare", "kind": "open"})["id"]
    ask("DELETE", f"/boards/{board}/columns/{spare}")
    beans = ask("POST", f"/boards/{board}/tasks", {
        "title": "Plant beans", "description": "The *climbing* kind.\n\n- 20 poles\n", "priority": "high",
        "due": "2026-11-30", "assignees": [people["Ana"], people["Ben"]], "column": columns[0],
    })["id"]
    water = ask("POST", f"/boards/{board}/tasks", {"title": "Water them", "column": columns[1]})["id"]
    ask("PATCH", f"/tasks/{beans}", {"title": "Plant runner beans", "unassign": [people["Ben"]], "due": None})
    ask("PATCH", f"/tasks/{water}", {"completed": True})
    ask("PATCH", f"/tasks/{water}", {"completed": False, "priority": "urgent"})
    ask("PATCH", f"/tasks/{water}", {"column": review, "place": "first"})
    weeds = ask("POST", f"/boards/{board}/tasks", {"title": "Pull weeds", "column": columns[2]})["id"]
    ask("DELETE", f"/tasks/{weeds}")
    ask("POST", f"/tasks/{weeds}/restore")
    ask("DELETE", f"/tasks/{weeds}")
    ask("PATCH", f"/boards/{board}", {"everyone": "viewer"})
    other = ask("POST", "/boards", {"name": "Gone"})["id"]
    ask("DELETE", f"/boards/{other}")

    titles = lambda tasks: [task["title"] for task in tasks]
    state = ask("GET", f"/boards/{board}")
    tasks = ask("GET", f"/boards/{board}/tasks?limit=200")["tasks"]
    trash = ask("GET", f"/boards/{board}/tasks?limit=200&deleted=true")["tasks"]
    named = {column["id"]: column["name"] for column in ask("GET", f"/boards/{board}/columns")["columns"]}
    expected = {board: {
        "name": state["name"],
        "seq": state["seq"],
        "columns": {name: titles(task for task in tasks if task["column"] == id) for id, name in named.items()},
        "trash": titles(trash),
    }}
    return expected


with tempfile.TemporaryDirectory() as temporary:
    os.chmod(temporary, 0o755)
    made = pathlib.Path(temporary) / "made"
    made.mkdir()
    file = pathlib.Path(temporary) / "taskwire.db"
    expected = fill(f"sqlite:{file}")
    dump = subprocess.run(["sqlite3", file, ".dump"], capture_output=True, text=True, check=True).stdout
    (made / "sqlite.sql").write_text(dump)

    # PostgreSQL does not run as root.
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1:]
    os.environ["PATH"] = os.pathsep.join([*programs, os.environ["PATH"]])
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    cluster, port = f"{temporary}/cluster", free_port()
    os.mkdir(cluster)
    if as_user:
        shutil.chown(cluster, "postgres")
    which = lambda program: shutil.which(program)
    subprocess.run([*as_user, which("initdb"), "-A", "trust", "-U", "taskwire", cluster], check=True, stdout=subprocess.DEVNULL)
    postgres = subprocess.Popen(
        [*as_user, which("postgres"), "-D", cluster, "-p", str(port), "-c", "listen_addresses=127.0.0.1",
         "-c", f"unix_socket_directories={cluster}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"postgres://taskwire@127.0.0.1:{port}/postgres"
    try:
        for _ in range(100):
            if subprocess.run([which("pg_isready"), "-q", "-d", url]).returncode == 0:
                break
            time.sleep(0.1)
        on_postgres = fill(url)
        dump = subprocess.run(
            [which("pg_dump"), "--inserts", "--no-owner", "--no-privileges", url], capture_output=True, text=True, check=True).stdout
        (made / "postgres.sql").write_text(dump)
    finally:
        postgres.terminate()
        postgres.wait()
    (made / "expected.json").write_text(
        json.dumps({"sqlite": expected, "postgres": on_postgres}, indent=2, ensure_ascii=False) + "\n")
    shutil.copytree(made, folder)
print(f"made {folder}")
