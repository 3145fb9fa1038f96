# Copyright (C) the ngx_sandbox authors

"""The tests of clients/python on real sandboxes: suite.py URL KEY OTHER-KEY.

Prints a line of JSON for each check: {name, ok, got?}.
"""

import io
import json
import re
import sys
import threading
import time
import traceback

import ngx_sandbox
from ngx_sandbox import Backup, errors, get_sandbox, temporary_sandbox

from answers import Answers

URL, KEY, OTHER = sys.argv[1:]


def check(name, ok, got=None):
    line = {"name": name, "ok": bool(ok)}

    if not ok:
        line["got"] = repr(got)

    print(json.dumps(line), flush=True)


def equal(name, got, expected):
    check(name, got == expected, {"got": got, "expected": expected})


def fails(name, kind, call, *args, **options):
    try:
        value = call(*args, **options)
    except kind as error:
        check(name, True)
        return error
    except Exception as error:
        check(name, False, error)
        return error

    check(name, False, value)
    return None


def sandbox(id, **options):
    return get_sandbox(URL, id, api_key=KEY, **options)


def commands():
    box = sandbox("py-one")

    r = box.exec("echo hi; echo err >&2; (exit 3)")
    equal("exec", (r.success, r.exit_code, r.stdout, r.stderr, r.session_id,
                   r.outcome), (False, 3, "hi", "err", "default", "exited"))
    r = box.exec('echo "$A[$B]$(pwd)"; cat', cwd="/tmp", stdin="typed",
                 env={"A": "x y", "HOME": None})
    equal("exec: env, cwd and stdin", r.stdout, "x y[]/tmp\ntyped")
    box.exec("cd /tmp && X=kept")
    equal("exec: the session keeps its state",
          box.exec("pwd; echo $X").stdout, "/tmp\nkept")
    box.exec("cd /workspace")
    equal("exec: bytes that are no text",
          box.exec("printf '\\377'").stdout_bytes, b"\xff")

    e = fails("exec: a timeout", errors.CommandError, box.exec,
              "echo out; sleep 60", timeout=0.3)
    check("exec: a timeout says so", re.search("time(d )?out", e.message)
          and "out" in e.context["stdout"], e.context)

    seen = []
    r = box.exec("echo one; sleep 0.2; echo two >&2; exit 4",
                 on_output=lambda stream, data: seen.append((stream, data)))
    equal("exec: on_output", seen, [("stdout", "one\n"), ("stderr", "two\n")])
    equal("exec: the streamed result", (r.success, r.exit_code, r.stdout,
                                        r.stderr), (False, 4, "one\n",
                                                    "two\n"))
    e = fails("exec: the session ends", errors.SessionTerminatedError,
              box.exec, "exit 7", session_id="ends")
    equal("exec: and how", e.context["exitCode"], 7)

    with box.exec_stream("echo one; exec sleep 600") as events:
        for event in events:
            if event["type"] == "stdout":
                break
    equal("exec_stream: who stops ends it", box.exec(
        "for i in $(seq 100); do pgrep -x sleep >/dev/null || break; "
        "sleep 0.1; done; pgrep -xc sleep").stdout, "0")
    kinds = [e["type"] for e in box.exec_stream("echo one; exit 4")]
    equal("exec_stream", (kinds[0], kinds[-1]), ("start", "complete"))
    fails("exec_stream: an empty command", errors.CommandError,
          box.exec_stream, "")

    plain = sandbox("py-one", default_session=False)
    plain.exec("cd /tmp; Y=1")
    r = plain.exec('pwd; echo "[$Y]"')
    equal("without a default session", (r.stdout, r.session_id),
          ("/workspace\n[]\n", None))
    box.set_env_vars({"FROM_ALL": "yes", "HOME": None})
    equal("set_env_vars", box.exec('echo "$FROM_ALL [$HOME]"').stdout,
          "yes []")

    box.exec("git init -qb trunk /tmp/src && cd /tmp/src && git -c user.email="
             "me@example.com -c user.name=me commit -q --allow-empty -m one; "
             "cd /workspace")
    r = box.git_checkout("file:///tmp/src", depth=1)
    equal("git_checkout", (r.branch, r.target_dir),
          ("trunk", "/workspace/src"))
    fails("git_checkout: no such branch", errors.GitBranchNotFoundError,
          box.git_checkout, "file:///tmp/src", branch="no", target_dir="x")
    fails("git_checkout: credentials are for http",
          errors.ValidationFailedError, box.git_checkout, "file:///tmp/src",
          target_dir="x", authorization="Bearer x")


def sessions():
    box = sandbox("py-one")

    with box.create_session("one", cwd="/tmp", env={"FROM": "yes"}) as session:
        equal("session: exec", session.exec("pwd; echo $FROM").stdout,
              "/tmp\nyes")
        fails("create_session: the same again",
              errors.SessionAlreadyExistsError, box.create_session, "one")
        session.set_env_vars({"QUOTED": "it's \"$HOME\"\nnext", "FROM": None})
        equal("session: set_env_vars", session.exec(
            'echo "$QUOTED[$FROM]"').stdout, "it's \"$HOME\"\nnext[]")
        fails("session: no name of a variable", ValueError,
              session.set_env_vars, {"a;b": "1"})
        session.write_file("of-session", "here")
        check("session: relative paths", box.exists("/tmp/of-session"))
        check("list_sessions", "one" in box.list_sessions())

    check("session: its block ends it", "one" not in box.list_sessions())


def processes():
    box = sandbox("py-one")

    process = box.start_process(
        'echo up; read line; echo "got $line" >&2; exit 3',
        process_id="talks", stdin=True)
    check("start_process", process.status == "running" and process.pid
          and process.start_time and process.session_id == "default", process)
    equal("wait_for_log", process.wait_for_log("up", timeout=30).line, "up")
    process.write("a line\n")
    r = process.wait_for_log(re.compile(r"got (a|b) (\w+)$", re.M), 30)
    equal("wait_for_log: an expression", (r.line, r.match and r.match[2]),
          ("got a line", "line"))
    equal("wait_for_exit", process.wait_for_exit(timeout=30), 3)
    r = process.get_logs()
    equal("get_logs", (r.stdout, r.stderr), ("up\n", "got a line\n"))
    equal("get_status", process.get_status(), "failed")
    equal("logs", [(e["type"], e.get("exitCode"))
                   for e in process.logs()][-1], ("exit", 3))
    e = fails("wait_for_log: it has ended",
              errors.ProcessExitedBeforeReadyError, process.wait_for_log,
              "never")
    equal("wait_for_log: and how", e.context["exitCode"], 3)
    e = fails("wait_for_log: an expression, it has ended",
              errors.ProcessExitedBeforeReadyError, process.wait_for_log,
              re.compile("never"))
    equal("wait_for_log: for what", e.context["condition"], "never")

    server = box.start_process("sleep 0.3; exec python3 -m http.server 8123")
    server.wait_for_port(8123, timeout=30, interval=0.1)
    server.wait_for_port(8123, mode="tcp", timeout=30)
    check("wait_for_port", True)
    e = fails("wait_for_port: a timeout", TimeoutError, server.wait_for_port,
              8124, mode="tcp", timeout=0.2)
    equal("wait_for_port: its class", type(e),
          errors.ProcessReadyTimeoutError)
    fails("wait_for_log: a timeout", errors.ProcessReadyTimeoutError,
          server.wait_for_log, re.compile("never"), timeout=0.3)

    process = box.start_process("trap 'echo hup; exit 4' HUP; echo up; "
                                "while :; do sleep 0.1; done")
    process.wait_for_log("up", timeout=30)
    process.signal("HUP")
    equal("signal", (process.wait_for_exit(timeout=30),
                     process.get_logs().stdout), (4, "up\nhup\n"))

    check("list_processes", any(p.id == server.id and p.status == "running"
                                for p in box.list_processes()))
    equal("get_process", box.get_process("talks").exit_code, 3)
    equal("get_process: none", box.get_process("nobody"), None)
    server.kill()
    equal("kill", (server.get_status(),
                   list(box.stream_process_logs(server.id))[-1]["exitCode"]),
          ("killed", 143))
    fails("kill_process: it has ended", errors.CommandNotFoundError,
          box.kill_process, server.id)
    fails("kill_process: none", errors.ProcessNotFoundError,
          box.kill_process, "nobody")
    box.start_process("sleep 600")
    equal("kill_all_processes", box.kill_all_processes(), 1)
    equal("get_process_logs", box.get_process_logs("talks").stdout, "up\n")


def files():
    box = sandbox("py-one")
    data = bytes(range(256)) * 4

    box.mkdir("/workspace/f/sub", recursive=True)
    fails("mkdir: the same again", FileExistsError, box.mkdir, "/workspace/f")
    r = box.write_file("/workspace/f/a.txt", "héllo\n")
    equal("write_file", (r.success, r.path), (True, "/workspace/f/a.txt"))
    box.append_file("/workspace/f/a.txt", "more\n")
    r = box.read_file("/workspace/f/a.txt")
    equal("read_file", (r.content, r.encoding, r.is_binary, r.mime_type,
                        r.size), ("héllo\nmore\n", "utf-8", False,
                                  "text/plain", 12))
    for path in ("/workspace/f/raw of ü?#.bin", "/tmp/raw.bin"):
        box.write_file(path, data)
        equal(f"bytes: {path}", box.read_bytes(path), data)
        box.write_file(path, io.BytesIO(data * 100))
        equal(f"a file: {path}", box.stat(path).size, len(data) * 100)
        equal(f"in pieces: {path}", b"".join(box.read_file_stream(path)),
              data * 100)
    big = "line of text €\n" * 50000
    box.write_file("/workspace/f/big.txt", big)
    equal("read_file_stream", "".join(box.read_file_stream(
        "/workspace/f/big.txt")) == big, True)

    r = box.list_files("/workspace/f")
    equal("list_files", [f.name for f in r.files],
          ["a.txt", "big.txt", "raw of ü?#.bin", "sub"])
    r = box.list_files("/workspace", recursive=True, limit=2)
    check("list_files: pages", len(r.files) == 2 and r.next, r)
    r = box.rename_file("/workspace/f/a.txt", "/workspace/f/b.txt")
    equal("rename_file", r.new_path, "/workspace/f/b.txt")
    r = box.move_file("/workspace/f/b.txt", "/workspace/f/sub")
    equal("move_file", r.new_path, "/workspace/f/sub/b.txt")
    box.copy_file("/workspace/f/sub", "/tmp/copy", recursive=True)
    box.chmod("/tmp/copy/b.txt", "0600")
    equal("copy_file and chmod", box.stat("/tmp/copy/b.txt").mode,
          "rw-------")
    r = box.write_files([{"path": "w/1.txt", "content": "1"}])
    equal("write_files", (r.success, r.written), (True, 1))

    e = fails("delete_file: a directory", IsADirectoryError, box.delete_file,
              "/workspace/f/sub")
    check("delete_file: says so", "Cannot delete directory" in e.message, e)
    box.delete_file("/workspace/f/sub", recursive=True)
    for name, more in (("read_file", ()), ("delete_file", ()), ("stat", ()),
                       ("rename_file", ("/x",)), ("list_files", ())):
        e = fails(f"{name}: no such file", FileNotFoundError,
                  getattr(box, name), "/workspace/none", *more)
        equal(f"{name}: its class", (type(e), e.code, e.http_status),
              (errors.FileNotFoundError, "FILE_NOT_FOUND", 404))
    fails("read_bytes: no such file", FileNotFoundError, box.read_bytes,
          "/workspace/none")
    fails("read_file_stream: no such file", FileNotFoundError, list,
          box.read_file_stream("/workspace/none"))

    r = box.find("/workspace", "*.bin", type="file", include_hidden=True)
    equal("find", (r.count, [f["relativePath"] for f in r.files]),
          (1, ["f/raw of ü?#.bin"]))
    r = box.grep("/workspace/f", regex="of +TEXT", limit=1, ignore_case=True,
                 context=1, timeout=30)
    equal("grep", (r.count, r.reason, r.matches[0].line, r.matches[0].column,
                   r.matches[0].after), (1, "limit", 1, 6,
                                         ["line of text €"]))
    fails("grep: nothing to find", ValueError, box.grep, "/workspace")

    version = box.check_changes("/workspace/f").version
    with box.watch("/workspace/f", include=["*.new"]) as events:
        box.write_file("/workspace/f/not", "")
        box.write_file("/workspace/f/a.new", "")
        equal("watch", next(events)["path"], "/workspace/f/a.new")
    r = box.check_changes("/workspace/f", since=version)
    equal("check_changes", (r.status, r.version != version), ("changed", True))

    watcher = box.create_watcher("/workspace/f", include=["*.new"],
                                 expires_after=60)
    id = watcher.watcher_id
    equal("create_watcher", (watcher.path, watcher.expires_after_ms,
                             watcher.ended), ("/workspace/f", 60000, False))
    box.write_file("/workspace/f/b.new", "")
    box.delete_file("/workspace/f/b.new")
    r = box.get_watcher_events(id, since=watcher.cursor, limit=1)
    equal("get_watcher_events", (
        [(e["eventType"], e["path"]) for e in r.events], r.more, r.resync),
          ([("create", "/workspace/f/b.new")], True, False))
    r = box.get_watcher_events(id, since=r.cursor)
    equal("get_watcher_events: since", r.events[-1]["eventType"], "delete")
    equal("get_watcher_events: nothing new",
          box.get_watcher_events(id, since=r.cursor).events, [])
    equal("get_watcher and list_watchers", (
        box.get_watcher(id).path, [w.watcher_id for w in box.list_watchers()]),
          ("/workspace/f", [id]))
    box.delete_watcher(id)
    e = fails("delete_watcher", errors.SandboxError, box.get_watcher_events,
              id)
    equal("delete_watcher: its code", e.code, "WATCH_NOT_FOUND")

    fails("watch: no such directory", FileNotFoundError, box.watch,
          "/workspace/none")

    with box.persist(excludes=["f/big.*", "src"]) as archive:
        tar = archive.read()
    with temporary_sandbox(URL, api_key=KEY) as other:
        other.hydrate(tar)
        other.hydrate(io.BytesIO(tar), dir="/tmp/new", replace=True)
        equal("persist and hydrate", (
            other.read_file("w/1.txt").content, other.exists("f/big.txt"),
            other.exists("/tmp/new/w/1.txt")), ("1", False, True))
        fails("hydrate: no archive", errors.SandboxError, other.hydrate, data)
    equal("temporary_sandbox", other.info(), None)

    backup = box.create_backup("/workspace/f", name="before", ttl="10m",
                               excludes=["*.bin"], gitignore=True)
    check("list_backups", any(b.id == backup.id and b.size_bytes
                              and b.sandbox == "py-one"
                              for b in box.list_backups()))
    box.write_file("/workspace/f/later", "")
    box.restore_backup(Backup(backup.id, backup.dir))
    equal("restore_backup", [f.name for f in box.list_files(
        "/workspace/f").files], ["a.new", "big.txt", "not"])
    box.delete_backup(backup)
    box.delete_backup(backup)
    fails("restore_backup: none", errors.BackupNotFoundError,
          box.restore_backup, backup)
    fails("create_backup: no such directory", errors.InvalidBackupConfigError,
          box.create_backup, "/workspace/none")


def code():
    box = sandbox("py-one")

    r = box.run_code('print("out")\nx = 40\nx + 2')
    equal("run_code", (r.stdout, r.text, r.error, r.results[0].formats()),
          (["out\n"], "42", None, ("text",)))
    equal("run_code: keeps its state", box.run_code("x").text, "40")
    for language, first in (("python", "y = 40"), ("javascript", "let y = 40"),
                            ("typescript", "let y: number = 40")):
        context = box.create_code_context(language, cwd="/tmp",
                                          env={"MODE": "test"})
        box.run_code(first, context=context)
        seen = []
        r = box.run_code("y + 2", context=context, on_result=seen.append)
        equal(f"run_code: {language}", (context.cwd, r.text, len(seen)),
              ("/tmp", "42", 1))
        check(f"list_code_contexts: {language}", any(
            c.id == context.id and c.created_at
            for c in box.list_code_contexts()))
        box.interrupt_code_context(context.id)
        equal(f"interrupt_code_context: {language}",
              box.run_code("y", context=context).text, "40")
        box.restart_code_context(context.id)
        r = box.run_code("y", context=context)
        equal(f"restart_code_context: {language}", r.error and r.error.name,
              "NameError" if language == "python" else "ReferenceError")
        box.delete_code_context(context.id)
        fails(f"delete_code_context: {language}", errors.ContextNotFoundError,
              box.delete_code_context, context.id)
    r = box.run_code("1 / 0")
    equal("run_code: an error", (r.error.name, r.results),
          ("ZeroDivisionError", []))
    equal("run_code: a timeout", box.run_code(
        "import time; time.sleep(60)", timeout=0.3).error.name,
        "TimeoutError")
    equal("run_code_stream", [e["type"] for e in
                              box.run_code_stream("print(1)\n2")],
          ["stdout", "result", "execution_complete"])
    equal("run_code: JSON", box.run_code(
        "({ a: [1] })", language="javascript").results[0].json, {"a": [1]})


def until(terminal, pattern):
    text = ""

    while not re.search(pattern, text):
        data = terminal.read(timeout=30)

        if not data:
            raise EOFError(text)

        text += data.decode("utf-8", "replace")


def terminals():
    box = sandbox("py-one")

    with box.terminal(cols=100, rows=30, session_id="screen",
                      env={"GREETING": "hello you"}) as terminal:
        equal("terminal", (terminal.cols, terminal.rows), (100, 30))
        terminal.write('echo "$GREETING: $(stty size)"\n')
        until(terminal, "hello you: 30 100")
        terminal.resize(90, 20)
        terminal.write('echo "now $(stty size)"\n')
        until(terminal, "now 20 90")
        terminal.write("stty raw -echo; echo re''ady; head -c 70000 | wc -c; "
                       "stty sane\n")
        until(terminal, "ready")
        terminal.write(b"x" * 70000)
        until(terminal, "70000")
        terminal.write("seq 20000; echo all-$((1+1))\n")
        until(terminal, "all-2")
        fails("terminal: a timeout", TimeoutError,
              lambda: [terminal.read(timeout=0.5) for _ in range(100)])
        id = terminal.id

    with box.terminal(session_id="screen") as terminal:
        check("terminal: goes on", terminal.id == id and terminal.offset)
        until(terminal, "all-2")
        terminal.write("exit 5\n")
        for _ in terminal:
            pass
        equal("terminal: exited", terminal.exit, {"code": 5})

    with box.terminal(session_id="third") as terminal:
        equal("list_terminals", [(t["id"], t["sessionId"])
                                 for t in box.list_terminals()],
              [(terminal.id, "third")])
        equal("delete_terminal", box.delete_terminal(
            terminal.id)["sessionId"], "third")
        equal("delete_terminal: it is gone", box.list_terminals(), [])

    locked = get_sandbox(URL, "py-one", api_key="wrong-key-00000001")
    fails("terminal: a wrong key", errors.AuthenticationError,
          locked.terminal)


def ports():
    box = sandbox("py-one")

    r = box.expose_port(8200, name="web", token="abc_1", access="key")
    check("expose_port", r.port == 8200 and r.name == "web"
          and r.url.startswith("http://8200-") and r.raw["access"] == "key", r)
    fails("expose_port: another domain", errors.CustomDomainRequiredError,
          box.expose_port, 8201, hostname="example.com")
    fails("expose_port: no port", errors.InvalidPortError, box.expose_port,
          80)
    equal("get_exposed_ports", [(p.port, p.status)
                                for p in box.get_exposed_ports()],
          [(8200, "active")])
    equal("validate_port_token", [box.validate_port_token(8200, "abc_1"),
                                  box.validate_port_token(8200, "abc_2"),
                                  box.validate_port_token(8999, "abc_1")],
          [True, False, False])
    link = box.create_port_link(8200, "anna")
    equal("create_port_link", (
        link.name, link.url != r.url, box.validate_port_token(8200,
                                                              link.token)),
          ("anna", True, True))
    equal("list_port_links", [(x.name, x.token)
                              for x in box.list_port_links(8200)],
          [("anna", link.token)])
    box.delete_port_link(8200, "anna")
    equal("delete_port_link", (box.list_port_links(8200),
                               box.validate_port_token(8200, link.token)),
          ([], False))
    r = box.diagnose_port(8200)
    equal("diagnose_port", (r.ok, [hop["hop"] for hop in r.hops][:3],
                            r.hops[-1]["ok"]),
          (False, ["nginx", "container", "agent"], False))
    equal("diagnose_port: not exposed", [
        hop["ok"] for hop in box.diagnose_port(8999).hops], [False])
    box.unexpose_port(8200)
    box.unexpose_port(8200)
    equal("unexpose_port", box.is_port_exposed(8200), False)
    box.expose_port(8201)
    box.sleep()
    equal("get_exposed_ports: of a sandbox that sleeps", (
        [p.port for p in box.get_exposed_ports()], box.info().state),
          ([8201], "asleep"))
    sandbox("py-none").unexpose_port(8200)
    equal("of no sandbox", sandbox("py-none").get_exposed_ports(), [])


def life():
    box = sandbox("py-two", keep_alive=True, labels={"team": "blue"},
                  env={"FROM_OPTIONS": "yes"})

    equal("info: none yet", box.info(), None)
    results = []
    threads = [threading.Thread(target=lambda: results.append(
        box.exec("echo $FROM_OPTIONS", session_id=f"s{n}").stdout))
        for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal("options, and threads", results, ["yes"] * 4)
    r = box.info()
    equal("options", (r.keep_alive, r.labels, r.env, r.state),
          (True, {"team": "blue"}, ["FROM_OPTIONS"], "running"))
    again = sandbox("py-two", sleep_after=30)
    equal("ping", again.ping(), "healthy")
    again.set_keep_alive(False)
    again.set_labels({"team": None, "of": "two"})
    r = box.info()
    equal("options of one that exists", (r.sleep_after, r.keep_alive,
                                         r.labels), (30, False, {"of": "two"}))
    again.set_sleep_after("1h")
    equal("set_sleep_after", box.info().sleep_after, 3600)
    box.write_file("/workspace/kept", "yes")
    equal("sleep", box.sleep().state, "asleep")
    equal("wake", box.wake().state, "running")
    equal("its files", box.read_file("kept", encoding="utf-8").content, "yes")
    equal("restart", box.restart().state, "running")
    box.destroy()
    equal("destroy", box.info(), None)
    box.destroy()
    fails("sleep: none", errors.SandboxNotFoundError, box.sleep)
    fails("a bad option", errors.SandboxError,
          sandbox("py-three", sleep_after="soon").exec, "true")


def refusals():
    for key in (None, "", "wrong-key-00000001"):
        fails(f"the key {key}", errors.AuthenticationError,
              get_sandbox(URL, "py-one", api_key=key).exec, "true")
    fails("another's key", errors.SandboxNotFoundError,
          get_sandbox(URL, "py-one", api_key=OTHER).exec, "true")
    for id in ("", "Upper", "a_b", "-a", "a" * 41):
        fails(f"the id {id!r}", ValueError, get_sandbox, URL, id)
    fails("no URL", ValueError, get_sandbox, "nowhere", "x")
    fails("nobody listens", ConnectionError, get_sandbox(
        "http://127.0.0.1:9", "x", retry_timeout=0).ping)
    check("no key is shown", KEY not in repr(sandbox("py-one")))
    sandbox("py-one").destroy()


def retries():
    done = (200, {}, {"success": True, "exitCode": 0, "stdout": "",
                      "stderr": ""})
    soon = {"Retry-After": "0"}

    def error(status, code, headers=()):
        return (status, dict(headers), {"code": code, "message": code})

    def box(server, **options):
        return get_sandbox(server.url, "x", **options)

    with Answers(error(503, "CONTAINER_UNAVAILABLE", soon),
                 error(429, "TOO_MANY_REQUESTS", soon), done) as server:
        box(server).exec("true")
        equal("what did not run is sent again", len(server.requests), 3)
    for name, answer, kind in (
            ("503 without Retry-After", error(503, "CONTAINER_UNAVAILABLE"),
             errors.ContainerUnavailableError),
            ("502", error(502, "exec_transport_error"), errors.SandboxError),
            ("a connection that broke off", None, errors.ConnectionError)):
        with Answers(answer, done) as server:
            fails(f"exec: {name} is not", kind, box(server).exec, "true")
            equal(f"exec: {name}: one request", len(server.requests), 1)
    with Answers(None, error(502, "x"), error(504, "x"),
                 (200, {}, {"exists": True})) as server:
        equal("a safe request is", box(server).exists("/x"), True)
        equal("a safe request: 4 in all", len(server.requests), 4)
    with Answers(error(503, "capacity_exceeded", {"Retry-After": "5"})) as s:
        e = fails("no longer than it may take", errors.CapacityExceededError,
                  box(s, retry_timeout=1).exec, "true")
        equal("retry_after", e.retry_after, 5)
    with Answers((0.5, {}, {})) as server:
        started = time.monotonic()
        fails("request_timeout", TimeoutError, box(
            server, request_timeout=0.2, retry_timeout=0).list_processes)
        check("request_timeout: in time", time.monotonic() - started < 5)
    with Answers((200, {}, "<html>")) as server:
        e = fails("an answer of something else", errors.SandboxError,
                  box(server).exists, "/x")
        equal("its code", e.code, "INVALID_JSON_RESPONSE")

    # keep-alive connections are used again, but not those nginx has closed

    with Answers(done, done, close=True) as server:
        one = box(server)
        one.exec("true")
        time.sleep(0.2)
        one.exec("true")
        equal("a kept connection that was closed", len(server.requests), 2)
    with Answers(done, done) as server:
        one = box(server)
        one.exec("true")
        one.exec("true")
        equal("a kept connection", (len(server.requests),
                                    server.connections), (2, 1))

    events = [{"type": "watching", "watchId": "w"}, {"type": "event"}]
    with Answers((200, {}, events)) as server:
        equal("watch", list(box(server).watch("/workspace")), events[1:])
    with Answers((200, {}, [{"type": "error", "error": "not found"}])) as s:
        e = fails("watch: an error", errors.SandboxError, box(s).watch, "/x")
        equal("watch: which", e.message, "not found")
    with Answers((200, {}, [{"type": "stdout", "data": "x"}])) as server:
        fails("a stream without an end", errors.ConnectionError,
              box(server).exec, "c", on_output=print_nothing)


def print_nothing(stream, data):
    del stream, data


for part in (retries, commands, sessions, processes, files, code, terminals,
             ports, life, refusals):
    try:
        part()
    except Exception:
        check(f"{part.__name__}: comes to its end", False,
              traceback.format_exc())

check("its version", re.fullmatch(r"\d+\.\d+\.\d+", ngx_sandbox.__version__))
