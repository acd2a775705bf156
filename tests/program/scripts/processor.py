"""Prints each line of an access log as JSON with its severity, and an alert on stderr for each 5xx.

    processor.py access.log
"""

import json
import re
import sys
from datetime import datetime, timezone

LINE = re.compile(
    r'(?P<client_ip>\S+) - (?P<user>\S+) \[(?P<timestamp>[^]]+)\] '
    r'"(?P<method>\S+) (?P<path>\S+) (?P<protocol>\S+)" (?P<status_code>\d+) (?P<response_size>\d+) '
    r'"(?P<referer>[^"]*)" "(?P<user_agent>[^"]*)"$'
)


def severity(status):
    if status >= 500:
        return "ERROR"
    return "WARN" if status >= 400 else "INFO"


def parse(line):
    match = LINE.match(line)
    if match is None:
        return None
    entry = {name: None if value == "-" else value for name, value in match.groupdict().items()}
    time = datetime.strptime(entry.pop("timestamp"), "%d/%b/%Y:%H:%M:%S %z").astimezone(timezone.utc)
    entry["status_code"] = int(entry["status_code"])
    entry["response_size"] = int(entry["response_size"])
    return {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "severity": severity(entry["status_code"]), **entry}


with open(sys.argv[1]) as log:
    for line in log:
        entry = parse(line)
        if entry is None:
            continue
        print(json.dumps(entry))
        if entry["status_code"] >= 500:
            alert = {"alert": "HTTP_5XX_ERROR", "timestamp": entry["timestamp"], "details": entry}
            print("ALERT: " + json.dumps(alert), file=sys.stderr)
