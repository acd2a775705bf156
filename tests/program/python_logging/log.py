"""Logs whatever logging can log, in every format that is asked for, and tells what the records are.

In the directory that is named on the command line it reads formats.json, an array of {"name", "style", "text", "datefmt",
"kind"}, and writes NAME.log for each, by CPython's own handlers and formatters, and records.ndjson: a line for each record,
with its attributes. No more than that: what lp must make of them is told by the test.
"""

import json
import logging
import multiprocessing
import pathlib
import sys
import threading
import time

directory = pathlib.Path(sys.argv[1])

# Levels that others have too, some that lp must be told of, and one of which it is not.
LEVELS = {5: "TRACE", 8: "debug", 22: "SUCCESS", 24: "NOTICE", 30: "WARN", 55: "FATAL"}
LEVELS |= {1: "TINY-STEP", 25: "AUDIT-LOG", 31: "Mild Warning", 15: "PECULIAR"}
for number, name in LEVELS.items():
    logging.addLevelName(number, name)


class Record(logging.LogRecord):
    """A record of a time of its own: in summer and winter, at the ends of seconds, days and years."""

    times = [1704063599.984375, 1709251199.5, 1717243200.0, 1730600000.015625, 1735689599.25, 1750000000.5078125]
    count = 0

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        turn, index = divmod(Record.count, len(Record.times))
        Record.count += 1
        self.created = Record.times[index] + turn
        self.msecs = int((self.created - int(self.created)) * 1000) + 0.0  # As in logging.
        self.relativeCreated = (self.created - Record.times[0]) * 1000
        # What a filter of the program may add.
        self.request_id = ["-", "4f1c", "a b", "[c] - d"][Record.count % 4]
        # What uvicorn's formatter adds.
        self.levelprefix = self.levelname + ":" + " " * (8 - len(self.levelname))


class Airflow(logging.Formatter):
    """As airflow.utils.log.timezone_aware.TimezoneAware."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03d"

    def formatTime(self, record, datefmt=None):
        return super().formatTime(record, datefmt) + time.strftime("%z", self.converter(record.created))


class Dump(logging.Handler):
    """Writes what the records are."""

    def emit(self, record):
        dump = {name: value for name, value in vars(record).items() if isinstance(value, (str, int, float))}
        dump["message"] = record.getMessage()
        dump["exc_text"] = logging.Formatter().formatException(record.exc_info) if record.exc_info else None
        dump["stack_info"] = record.stack_info
        dump["utc"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        dump["asctime"] = {name: each.formatTime(record, each.datefmt) for name, each in formatters.items()}
        self.file.write(json.dumps(dump) + "\n")


formatters = {}
logging.setLogRecordFactory(Record)
root = logging.getLogger()
root.setLevel(1)
for wanted in json.loads((directory / "formats.json").read_text()):
    formatter = {"airflow": Airflow}.get(wanted["kind"], logging.Formatter)(
        wanted["text"], wanted["datefmt"], style=wanted["style"]
    )
    if wanted["kind"] == "gmtime":
        formatter.converter = time.gmtime
    formatters[wanted["name"]] = formatter
    handler = logging.FileHandler(directory / (wanted["name"] + ".log"), encoding="utf-8")
    handler.setFormatter(formatter)
    root.addHandler(handler)
dump = Dump()
dump.file = (directory / "records.ndjson").open("w")
root.addHandler(dump)

app = logging.getLogger("app")


def levels():
    for level in [*range(1, 61), 100]:
        app.log(level, "at level %d", level)
    app.handle(app.makeRecord("app", logging.NOTSET, __file__, 1, "no level", (), None, func="levels"))


def places():
    for name in ["root", "a.b.c", "app.web-server", "django.db.backends", "__main__", "urllib3_2.pool"]:
        logging.getLogger(name).warning("from %s", name)
    (lambda: app.info("from a lambda"))()
    for name in ["worker-1", "Thread pool [2]", "(main)", "é"]:
        in_thread(lambda: app.info("from a thread"), name)
    in_thread(lambda: app.info("from a thread without a name"), None)
    multiprocessing.current_process().name = "ForkPoolWorker-1"
    app.info("from a worker")


def in_thread(target, name):
    thread = threading.Thread(target=target, name=name)
    thread.start()
    thread.join()


MESSAGES = [
    "plain",
    "",
    " ",
    "-",
    "  spaces around  ",
    "tab\tand\ttabs\t",
    "é ✓ 😀 \u2028 \u2029 \x85 \ufeff",
    "\0 \x1b[31m \x7f \x0b \x0c \x1c \x1e",
    "100% {braces} $dollars %(message)s ${name} {{}} $$ %%",
    "a - b - c | d [e] (f) {g}: h/i 'j' \"k\" \\ \\n \\x41",
    '{"user": 1, "text": "a\\nb"}',
    "x" * 5000,
    "two\nlines",
    "blank\n\nlines\n\n\nbetween",
    "\nbegins with a line end",
    "\n\n",
    "\n",
    "ends with a line end\n",
    "ends with two\n\n",
    "cr\rinside",
    "\r",
    "crlf\r\ninside",
    "ends with cr\r",
    "ends with crlf\r\n",
    "lines\n  indented\n\tand by a tab\n- item\n    ~~~^^^\n",
    "dates\n2025-11-06 is a date\n[2025-11-06 10:30:15] a time in brackets\nINFO is a level\n - INFO - no time\n{",
    "Traceback (most recent call last): not quite",
    " Traceback (most recent call last):",
    "Traceback (most recent call last):\nas a message",
    "in\nTraceback (most recent call last):\nthe middle",
    "Stack (most recent call last):",
    "Exception Group Traceback (most recent call last):\n  | no",
]


def fail(error):
    raise error


def recurse(depth):
    return recurse(depth + 1) + 1


def caused(cause, error):
    try:
        cause()
    except BaseException as caught:
        raise error from caught


def in_handling(first, error):
    try:
        first()
    except BaseException:
        raise error


def hidden(first, error):
    try:
        first()
    except BaseException:
        raise error from None


def grouped(*actions):
    errors = []
    for action in actions:
        try:
            action()
        except BaseException as error:
            errors.append(error)
    raise BaseExceptionGroup("several\nat once", errors)


def noted(error, *notes):
    for note in notes:
        error.add_note(note)
    raise error


FAILURES = [
    lambda: fail(ValueError("plain")),
    lambda: fail(ValueError()),
    lambda: fail(RuntimeError("several\n\nlines\n")),
    lambda: fail(RuntimeError("é\ttab\rcr \0")),
    lambda: {}["key"],
    lambda: 1 / 0,
    lambda: int("a: b: c"),
    lambda: caused(lambda: fail(OSError(2, "No such file")), ValueError("because of that")),
    lambda: in_handling(lambda: {}["key"], ValueError("besides")),
    lambda: hidden(lambda: {}["key"], ValueError("only this")),
    lambda: caused(lambda: in_handling(lambda: 1 / 0, KeyError("a")), ValueError("three")),
    lambda: grouped(lambda: fail(ValueError("a")), lambda: 1 / 0),
    lambda: grouped(
        lambda: grouped(lambda: {}[1], lambda: noted(ValueError("b"), "c")),
        lambda: in_handling(lambda: 1 / 0, KeyError()),
    ),
    lambda: caused(lambda: grouped(lambda: 1 / 0), ValueError("because of a group")),
    lambda: in_handling(lambda: 1 / 0, ExceptionGroup("while another", [ValueError("a")])),
    lambda: noted(ValueError("noted"), "a note", "of several\n\nlines", ""),
    lambda: compile("if x\n    y = (1\n", "template.py", "exec"),
    lambda: exec("\n\nraise ValueError('without its source')"),
    lambda: fail(KeyboardInterrupt()),
    lambda: fail(SystemExit("goodbye")),
    lambda: recurse(0),
    lambda: fail(type("Quiet", (Exception,), {"__str__": lambda self: ""})()),
]


def exceptions():
    for failure in FAILURES:
        try:
            failure()
        except BaseException:
            app.exception("it failed")
    for message in ["", "blank\n\nlines", "with a line end\n", "with two\n\n", "with cr\r", "\n", "with a colon:"]:
        try:
            1 / 0
        except ZeroDivisionError:
            app.warning(message, exc_info=True, stack_info=len(message) % 2 == 0)
    app.error("no exception", exc_info=True)
    app.error("never raised", exc_info=ValueError("no traceback"))
    error = ValueError("never raised")
    error.__cause__ = KeyError("nor this")
    app.error("never raised either", exc_info=error)
    app.info("where", stack_info=True)
    app.info("where\n", stack_info=True)
    in_thread(lambda: app.info("where in a thread", stack_info=True), "stacked")


levels()
places()
for text in MESSAGES:
    app.info("%s", text)
exceptions()
for text in reversed(MESSAGES):
    app.debug("%s", text)
app.info("the end")
