"""Programs that are migrated rightly, and then wrongly in one respect: the original, and the changes of the
right result that make it wrong."""

from __future__ import annotations

from typing import NamedTuple

OTHER_REST = "other data is merged into it"


class Wrong(NamedTuple):
    """A change of a right result, and words of what the validator says of it."""

    old: str
    new: str
    says: str


class Right(NamedTuple):
    """A change of a right result that makes no difference."""

    old: str
    new: str


HEAD = """\
import json
import requests
API = "https://rest-api.app.kognitos.com/v1"
KEY = {"x-api-key": "k"}
"""
TWO_FILES = """
def upload(name, content):
    ticket = requests.post(f"{API}/upload", json={"file_name": name}, headers=KEY).json()
    requests.put(ticket["upload_url"], data=content, headers=ticket["upload_http_headers"]).raise_for_status()
    return ticket["blob_uri"]

def start(vendor, amount, note):
    scan = upload("scan.pdf", b"1")
    receipt = upload("receipt.pdf", b"2")
    facts = {"vendor": vendor, "amount": amount, "note": note}
    return requests.post(
        f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde",
        params={"attachments_key": "documents"},
        json={**facts, "documents": [scan, receipt]},
        headers=KEY,
    ).json()["worker_id"]

def outputs(worker_id):
    run = requests.get(f"{API}/run/{worker_id}", headers=KEY).json()
    if run["state"] != "done":
        raise RuntimeError(run["state"])
    return json.loads(run["answer"])

vendor, amount = input(), input()
first = start(vendor, amount, "a")
second = start(amount, vendor, "b")
print(outputs(first), outputs(second))
"""
PROCESS = '"process_id": "c8gh2jk4mn6pq1rs3tu5vw7xy"'
OF_TWO_FILES = [
    Wrong('"inputs": facts', '"note": note, "inputs": facts', "which the new layout doesn't have"),
    Wrong('"inputs": facts', '**facts, "inputs": facts', "which the new layout doesn't have"),
    Wrong('"file_ids": [scan, receipt]', '"file_ids": [receipt, scan]', "file_ids have different values"),
    Wrong('"file_ids": [scan, receipt]', '"file_ids": [scan]', "file_ids have different values"),
    Wrong('"file_ids": [scan, receipt]', '"file_ids": [scan, scan]', "file_ids have different values"),
    Wrong(
        '"file_ids": [scan, receipt]', '"file_ids": [scan, receipt, scan]', "file_ids have different values"
    ),
    Wrong('"file_ids": [scan, receipt]', '"file_ids": []', "file_ids"),
    Wrong('"file_ids": [scan, receipt]', '"file_ids": [upload("scan.pdf", b"1"), receipt]', "file_ids"),
    Wrong('"file_ids": [scan, receipt]', '"file_ids": [vendor, receipt]', "file_ids have different values"),
    Wrong('"file_ids": [scan, receipt],', "", "file_ids are not sent"),
    Wrong(PROCESS, '"process_id": "b4fznghynbdemslfd5k044fgd"', "process_id belongs to a different process"),
    Wrong(PROCESS, '"process_id": "k2mnp8qrs4tuv6wxy1zab3cde"', "process_id belongs to a different process"),
    Wrong(PROCESS, '"process_id": vendor', "process_id is not looked up"),
    Wrong('"stage": "Draft"', '"stage": "Published"', "stage belongs to a different process"),
    Wrong('"stage": "Draft",', "", "stage is missing"),
    Wrong(
        '"agent_id": "a7xm2kp9qwj3v5nh8t4c6r1e9z",\n            "stage"',
        '"agent_id": "b3yn8lq1rxk6w9pj2u5d7s4f0h",\n            "stage"',
        "agent_id belongs to a different",
    ),
    Wrong('"inputs": facts', '"inputs": {}', "'vendor' is omitted|'amount' is omitted|'note' is omitted"),
    Wrong('"inputs": facts', '"inputs": {**facts, "documents": [scan, receipt]}', "'documents' is added"),
    Wrong('"inputs": facts', '"inputs": {**facts, "more": 1}', "'more' is added"),
    Wrong('"inputs": facts', '"inputs": {**facts, "note": vendor}', "'note' has a different value"),
    Wrong('"inputs": facts', '"inputs": {"vendor": vendor, "amount": amount}', "'note' is omitted"),
    Wrong(
        '"inputs": facts',
        '"inputs": {"vendor": amount, "amount": vendor, "note": note}',
        "has a different value",
    ),
    Wrong('"inputs": facts', '"inputs": vendor', "inputs"),
    Wrong('"inputs": facts', '"inputs": KEY', "inputs"),
    Wrong('"inputs": facts,', "", "inputs is missing"),
    Wrong('"amount": amount, "note"', '"amount": vendor, "note"', "'amount' has a different value"),
    Wrong('facts = {"vendor": vendor, ', "facts = {", "'vendor' is omitted"),
    Wrong("/runs/{worker_id}", "/runs/{first}", "the run in its path is a different one"),
    Wrong("/runs/{worker_id}", "/runs/x{run_id}", "the run in its path is a different one"),
    Wrong("outputs(first), outputs(second)", "outputs(first), outputs(first)", "the run in its path"),
    Wrong("outputs(first), outputs(second)", "outputs(second), outputs(first)", "the run in its path"),
    Wrong("outputs(first), outputs(second)", "outputs(first), outputs(vendor)", "the run in its path"),
    Wrong("outputs(first), outputs(second)", "outputs(first)", "doesn't send this request"),
    Wrong(
        'second = start(amount, vendor, "b")', 'second = start(vendor, amount, "b")', "has a different value"
    ),
    Wrong(
        'second = start(amount, vendor, "b")',
        'second = start(amount, vendor, "a")',
        "'note' has a different value",
    ),
    Wrong(
        'receipt = upload("receipt.pdf", b"2")',
        'receipt = upload("scan.pdf", b"2")',
        "file_name has a different value",
    ),
    Wrong('receipt = upload("receipt.pdf", b"2")', "receipt = scan", "counterpart|file_ids"),
    Wrong(
        'receipt = upload("receipt.pdf", b"2")',
        'receipt = upload("receipt.pdf", b"2")\n    upload("a", b"3")',
        "a request that the original doesn't send",
    ),
    Wrong(
        "print(outputs(first)",
        'start(vendor, amount, "c")\nprint(outputs(first)',
        "a request that the original doesn't send",
    ),
    Wrong('"file_name": name', '"file_name": content', "file_name has a different value"),
    Wrong('"file_name": name', '"file_name": "scan.pdf"', "file_name has a different value"),
    Wrong('return ticket["id"]', 'return ticket["upload_url"]', "file_ids have different values"),
    Wrong('    ).json()["id"]', '    ).json()["process_id"]', "the run in its path is a different one"),
]
LOOP = """
def start(share_id, facts):
    return requests.post(f"{API}/invoke/{share_id}", json=facts, headers=KEY).json()["worker_id"]

def finish(worker_id):
    while True:
        run = requests.get(f"{API}/run/{worker_id}", headers=KEY).json()
        if run["state"] == "done":
            return json.loads(run["answer"])

rows = json.load(open("rows.json"))
last = None
for row in rows:
    facts = {"invoice": row["number"]}
    if row["urgent"]:
        facts["urgent"] = True
    last = row
    worker = start(row["share"], facts)
    print(finish(worker)["total"])
    if row["again"]:
        print(finish(start(row["share"], {"invoice": row["number"], "copy": 1})))
"""
RIGHT_LOOP = [Right('"inputs": facts', '"inputs": {**facts}')]
OF_LOOP = [
    Wrong('"process_id": str(share_id)', '"process_id": share_id[1:]', "looked up"),
    Wrong('"process_id": str(share_id)', '"process_id": "b4fznghynbdemslfd5k044fgd"', "looked up"),
    Wrong('"process_id": str(share_id)', '"other": str(share_id)', "looked up"),
    Wrong("    return {", "    return KEY or {", "looked up"),
    Wrong("{**kognitos_process(share_id)", "{**kognitos_process(rows[0]['share'])", "looked up"),
    Wrong(
        "{**kognitos_process(share_id)",
        '{**kognitos_process("k2mnp8qrs4tuv6wxy1zab3cde")',
        "looked up|another process",
    ),
    Wrong("{**kognitos_process(share_id)", "{**kognitos_process(last)", "looked up"),
    Wrong('start(row["share"], facts)', 'start(rows[0]["share"], facts)', "looked up"),
    Wrong(
        'start(row["share"], facts)',
        'start(row["share"], {"invoice": row["number"]})',
        "'urgent' is omitted",
    ),
    Wrong('start(row["share"], facts)', 'start(row["share"], row)', "inputs"),
    Wrong('        facts["urgent"] = True', "        pass", "'urgent' is omitted"),
    Wrong(
        '    if row["urgent"]:\n        facts["urgent"] = True',
        '    facts["urgent"] = True',
        "'urgent' is present under a different condition",
    ),
    Wrong(
        '{"invoice": row["number"]}\n', '{"invoice": rows[0]["number"]}\n', "'invoice' has a different value"
    ),
    Wrong('{"invoice": row["number"]}\n', '{"invoice": row["share"]}\n', "'invoice' has a different value"),
    Wrong('"inputs": facts', '"inputs": {**facts, "share": share_id}', "'share' is added"),
    Wrong("print(finish(worker)", 'print(finish(row["number"])', "the run in its path"),
    Wrong(
        '    worker = start(row["share"], facts)\n',
        '    worker = start(row["share"], facts)\nfor row in rows:\n',
        "the run in its path|last|counterpart",
    ),
    Wrong("/runs/{worker_id}", "/runs/{last}", "the run in its path"),
    Wrong("/runs/{worker_id}", "/runs/{rows[0]}", "the run in its path"),
    Wrong('"copy": 1', '"copy": 2', "'copy' has a different value"),
    Wrong(', "copy": 1', "", "'copy' is omitted"),
]
CLASS = """
class Client:
    def __init__(self, share_id, other):
        self.share_id, self.other = share_id, other
        self.session = requests.Session()
        self.session.headers.update(KEY)

    def start(self, body):
        url = f"{API}/invoke/{self.share_id}"
        return self.session.post(url, json=body).json()["worker_id"]

    def state(self, worker_id):
        return self.session.get(f"{API}/run/{worker_id}").json()["state"]

share, other = input(), input()
client = Client(share, other)
a = client.start({"n": share})
b = client.start({"n": other, "of": a})
print(client.state(a) == "done", client.state(b) == "done")
"""
OF_CLASS = [
    Wrong("kognitos_process(self.share_id)", "kognitos_process(self.other)", "looked up"),
    Wrong("kognitos_process(self.share_id)", "kognitos_process(body)", "looked up"),
    Wrong("Client(share, other)", "Client(other, share)", "looked up"),
    Wrong(
        "self.share_id, self.other = share_id, other",
        "self.share_id, self.other = other, share_id",
        "looked up",
    ),
    Wrong("self.share_id, self.other = share_id, other", "self.share_id = self.other = other", "looked up"),
    Wrong('"of": a', '"of": share', "'of' has a different value"),
    Wrong("client.state(a) ==", "client.state(b) ==", "the run in its path"),
    Wrong("client.state(b) ==", "client.state(a) ==", "the run in its path"),
    Wrong("client.state(b) ==", "client.state(other) ==", "the run in its path"),
    Wrong('"inputs": body', '"inputs": {"n": body}', "inputs"),
    Wrong('b = client.start({"n": other', 'b = client.start({"n": share', "'n' has a different value"),
]
MERGES = """
DEFAULTS = {"currency": "EUR", "note": "-"}

def start(share_id, facts=None):
    return requests.post(f"{API}/invoke/{share_id}", json=facts, headers=KEY).json()

def follow(name, worker_id, **rest):
    return name, requests.get(f"{API}/run/{worker_id}", headers=KEY).json()["state"] == "done"

def follow_all(*workers, **named):
    yield from (follow("one", worker_id) for worker_id in workers[1:])
    yield follow("two", named["last"])

for arguments in (("k2mnp8qrs4tuv6wxy1zab3cde", {"vendor": 1}), ("k2mnp8qrs4tuv6wxy1zab3cde", {"size": 1})):
    print(follow("first", **start(*arguments)))
row = json.load(open("row.json"))
facts = {**DEFAULTS, **row, "note": "own"}
more = {"note": "own", **DEFAULTS}
other = {} if row["dry"] else {"po": 1}
a = start("k2mnp8qrs4tuv6wxy1zab3cde", facts)["worker_id"]
b = start("k2mnp8qrs4tuv6wxy1zab3cde", more)["worker_id"]
c = start("k2mnp8qrs4tuv6wxy1zab3cde", other)["worker_id"]
print(*follow_all(a, b, last=c))
"""
OF_MERGES = [
    Wrong(
        '{**DEFAULTS, **row, "note": "own"}',
        '{**DEFAULTS, "note": "own", **row}',
        "'note' has different values",
    ),
    Wrong('{**DEFAULTS, **row, "note": "own"}', '{**row, **DEFAULTS, "note": "own"}', OTHER_REST),
    Wrong('{**DEFAULTS, **row, "note": "own"}', '{**DEFAULTS, "note": "own"}', OTHER_REST),
    Wrong('{**DEFAULTS, **row, "note": "own"}', '{**DEFAULTS, **KEY, "note": "own"}', "'x-api-key' is added"),
    Wrong('{"note": "own", **DEFAULTS}', '{**DEFAULTS, "note": "own"}', "'note' has"),
    Wrong('{} if row["dry"] else {"po": 1}', '{"po": 1}', "'po' is present under a different condition"),
    Wrong('{"vendor": 1}', '{"vendor": 2}', OTHER_REST),
    Wrong('"inputs": facts or {}', '"inputs": facts or {"vendor": 1}', OTHER_REST),
    Wrong("last=c", "last=b", "the run in its path"),
    Wrong("follow_all(a, b,", "follow_all(a, a,", "the run in its path"),
]
TEXTS = """
def start(text):
    headers = {**KEY, "Content-Type": "application/json"}
    url = f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde"
    return requests.post(url, data=text.encode("utf-8"), headers=headers).json()["worker_id"]

row = json.load(open("row.json"))
body = json.dumps(row)
print(start(body))
"""
OF_TEXTS = [
    Wrong('"inputs": row', '"inputs": [row]', "inputs"),
    Wrong('"inputs": row', '"inputs": json.dumps(row)', "inputs"),
    Wrong('"inputs": row', '"inputs": json.load(open("row.json"))', "inputs"),
    Wrong('text.encode("utf-8")', 'text.encode("utf-16")', "a different encoding"),
    Wrong("text.encode(", "json.dumps(row).encode(", "body has unknown entries"),
]
DECODED = """
def upload(name, content):
    ticket = requests.post(f"{API}/upload", json={"file_name": name}, headers=KEY).json()
    requests.put(ticket["upload_url"], data=content, headers=ticket["upload_http_headers"]).raise_for_status()
    return ticket["blob_uri"]

facts, other = json.load(open("a.json")), json.loads(input())
facts["docs"] = [upload("scan.pdf", b"1")]
url = f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde?attachments_key=docs"
print(requests.post(url, data=json.dumps(facts), headers=KEY).json()["worker_id"])
"""
RIGHT_DECODED = [Right('facts["docs"],', 'facts.get("docs", []),')]
OF_DECODED = [
    Wrong('facts["docs"],', 'facts["scans"],', "file_ids have different values"),
    Wrong('facts["docs"],', 'other["docs"],', "file_ids have different values"),
    Wrong('facts["docs"],', 'other.get("docs", []),', "file_ids have different values"),
    Wrong('facts["docs"],', "[],", "file_ids"),
    Wrong("in facts.items()", "in other.items()", "inputs"),
    Wrong(' if key != "docs"', "", "inputs"),
]
SHARED_CALLS = """
def cents(amount):
    return amount * 100

def start(facts):
    url = f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde"
    return requests.post(url, json=facts, headers=KEY).json()["worker_id"]

net, gross = json.load(open("row.json"))
total = cents(net)
others = [CALLS]
print(start({"total": total, "others": others}))
""".replace("CALLS", ", ".join(f"cents({number})" for number in range(30)))
"""A function with so many calls that they share an activation in the interpreter."""
OF_SHARED_CALLS = [Wrong("total = cents(net)", "total = cents(gross)", "'total' has a different value")]
EFFECTS = """
def note(text):
    print(text)
    return text

def upload(name, content):
    ticket = requests.post(f"{API}/upload", json={"file_name": name}, headers=KEY).json()
    requests.put(ticket["upload_url"], data=content, headers=ticket["upload_http_headers"]).raise_for_status()
    return ticket["blob_uri"]

def start(vendor, rows):
    note("begun")
    scan = upload("scan.pdf", b"1")
    if rows:
        note("has rows")
    note("uploaded")
    reply = requests.post(
        f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde",
        params={"attachments_key": "documents"},
        json={"vendor": vendor, "documents": [scan]},
        headers=KEY,
    ).json()
    for row in rows:
        note(row)
    return reply["worker_id"]

def state(worker_id):
    run = requests.get(f"{API}/run/{worker_id}", headers=KEY).json()
    if run["state"] == "failed":
        raise RuntimeError(note("failed"))
    return run["state"] == "done"

print(state(start(input(), [input()])))
"""
OF_EFFECTS = [
    Wrong('    note("uploaded")\n', "", "is left out"),
    Wrong('    note("begun")\n', '    note("begun")\n    note("begun")\n', "is evaluated once more"),
    Wrong("    for row in rows:\n", '    note("begun")\n    for row in rows:\n', "evaluated once more"),
    Wrong('        raise RuntimeError(note("failed"))', '        note("failed")', "is left out"),
    Wrong('RuntimeError(note("failed"))', 'RuntimeError("failed")', "is left out"),
    Wrong(
        '    if rows:\n        note("has rows")\n    note("uploaded")\n',
        '    if rows:\n        note("has rows")\n        note("uploaded")\n',
        "is evaluated under other conditions",
    ),
    Wrong(
        '    if rows:\n        note("has rows")\n    note("uploaded")\n',
        '    note("uploaded")\n    if rows:\n        note("has rows")\n',
        "is evaluated before",
    ),
    Wrong(
        "    for row in rows:\n        note(row)\n",
        "    if rows:\n        note(row)\n",
        "is evaluated under other conditions",
    ),
    Wrong("    for row in rows:\n        note(row)\n", "    for row in rows:\n        pass\n", "is left out"),
]
CIRCLE = """
def even(left):
    return left == 0 or odd(left - 1)

def odd(left):
    if left:
        even(left - 1)
    print(left)

def start(left):
    even(left)
    reply = requests.post(
        f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde", json={"left": left}, headers=KEY
    ).json()
    print(reply)
    odd(left)
    return reply["worker_id"]

print(start(int(input())))
"""
OF_CIRCLE = [
    Wrong("    even(left)\n    reply", "    reply", "is left out"),
    Wrong("    odd(left)\n    return", "    return", "is left out"),
    Wrong("    print(reply)\n", "", "is left out"),
]
VALUES = """
class Job:
    def __init__(self, vendor):
        self.vendor, self.worker_id = vendor, None

def start(job, amount, log):
    job.amount = amount
    job.seen = job.vendor
    log.write(job.vendor, amount)
    reply = requests.post(
        f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde", json={"vendor": job.vendor}, headers=KEY
    ).json()
    job.worker_id = reply["worker_id"]

def result(worker_id, other):
    run = requests.get(f"{API}/run/{worker_id}", headers=KEY).json()
    if run["state"] == "failed":
        raise RuntimeError(f"{worker_id} failed")
    if run["state"] != "done":
        return None
    if other > 1:
        print("late")
    return run["answer"]

job = Job(input())
start(job, input(), open("log"))
print(result(job.worker_id, int(input())))
"""
OF_VALUES = [
    Wrong("log.write(job.vendor, amount)", "log.write(amount, job.vendor)", "has a different value"),
    Wrong("log.write(job.vendor, amount)", 'log.write(job.vendor, "0")', "has a different value"),
    Wrong("job.amount = amount", "job.amount = job.vendor", "has a different value"),
    Wrong("    job.amount = amount\n", "", "is left out"),
    Wrong("    job.seen = job.vendor\n", "    job.seen = job.vendor = amount\n", "has a different value"),
    Wrong(
        "    job.amount = amount\n    job.seen = job.vendor\n",
        "    job.seen = job.vendor\n    job.amount = amount\n",
        "is evaluated before",
    ),
    Wrong(
        "    job.amount = amount\n", "    if amount:\n        job.amount = amount\n", "under other conditions"
    ),
    Wrong('job.worker_id = reply["id"]', 'job.worker_id = reply["name"]', "has a different value|the run"),
    Wrong('job.worker_id = reply["id"]', 'job.worker_id = reply.get("id")', "run isn't an error"),
    Wrong(
        'if run["status"] == "Failed"',
        'if run.get("status") == "Failed"',
        "state isn't an error",
    ),
    Wrong('run["outputs"]', 'run.get("outputs")', "outputs isn't an error"),
    Wrong('run["outputs"]', 'run["created_at"]', "outputs isn't read|has a different value"),
    Wrong('if run["status"] == "Failed"', "if worker_id in run", "state isn't read|has a different value"),
    Wrong('== "Failed"', '== "Succeeded"', "has a different value"),
    Wrong('!= "Succeeded"', 'not in ("Succeeded", "Failed")', "has a different value"),
    Wrong('!= "Succeeded"', '== "Succeeded"', "has a different value"),
    Wrong('f"{worker_id} failed"', 'f"{other} failed"', "has a different value"),
    Wrong("other > 1", "other > 2", "has a different value"),
    Wrong('print("late")', 'print("later")', "has a different value"),
    Wrong("import json\n", "", "nothing binds the name 'json'"),
    Wrong("def outputs_as_json", "def outputs_as_text", "nothing binds the name 'outputs_as_json'"),
]
SEEN = """
options = {"timeout": 5, "params": {}}
known = {"accept": "json"}

def upload(name, content, seen):
    ticket = requests.post(f"{API}/upload", json={"file_name": name}, headers=KEY).json()
    headers = {"Content-Type": "text/plain", "X-Name": name, **ticket["upload_http_headers"]}
    seen[name] = headers
    print(headers["X-Name"], headers["Content-Type"])
    requests.put(ticket["upload_url"], data=content, headers=headers).raise_for_status()
    return ticket["blob_uri"]

def start(facts, scan, name):
    seen = {"name": name, "scan": scan}
    seen["facts"] = facts
    print(seen)
    seen["last"] = known["last"] = name
    worker_id = requests.post(
        f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde",
        params={"attachments_key": "documents"},
        json={**facts, "documents": [scan]},
        headers=KEY,
    ).json()["worker_id"]
    return worker_id

row = json.load(open("row.json"))
print(start(row, upload("a", b"1", {}), input()), known)
"""
OF_SEEN = [
    Wrong("start(row, upload", "start({**row}, upload", "counterpart|a different value|it is a copy"),
    Wrong('seen["facts"] = facts', 'seen["facts"] = dict(facts)', "'facts' of a dict has a different value"),
    Wrong("print(seen)", "seen = {**seen}\n    print(seen)", "it is a copy"),
    Wrong('"Content-Type": "text/plain", ', "", "'Content-Type' of a dict is omitted"),
    Wrong('"X-Name": name, ', '"X-Name": "b", ', "'X-Name' of a dict has a different value"),
    Wrong('"X-Name": name, ', "", "'X-Name' of a dict is omitted"),
    Wrong('"name": name, "scan": scan}', '"name": scan, "scan": scan}', "'name' of a dict has a different"),
    Wrong('"name": name, "scan": scan}', '"name": name}', "'scan' of a dict is omitted"),
    Wrong('    seen["facts"] = facts\n', "", "'facts' of a dict is omitted"),
    Wrong('seen["facts"] = facts', 'seen["facts"] = name', "'facts' of a dict has a different value"),
    Wrong('known["last"] = name', 'known["first"] = name', "'last' of a dict is omitted"),
    Wrong('known["last"] = name', 'known["last"] = scan', "'last' of a dict has a different value"),
]
CHAIN = """
def finished(share_id, facts):
    begun = requests.post(f"{API}/invoke/{share_id}", json=facts, headers=KEY).json()["worker_id"]
    while True:
        run = requests.get(f"{API}/run/{begun}", headers=KEY).json()
        if run["state"] == "done":
            return json.loads(run["answer"])

first = finished("k2mnp8qrs4tuv6wxy1zab3cde", {"vendor": input()})
other = finished("k2mnp8qrs4tuv6wxy1zab3cde", {"vendor": input()})
facts = {"total": first.get("total"), "rest": other["rest"]}
print(finished("abcd3fg9ijk5mn1pqr3tu2wxy", facts))
"""
OF_CHAIN = [
    Wrong('first.get("total")', 'other.get("total")', "'total' has a different value"),
    Wrong('first.get("total")', 'first.get("rest")', "'total' has a different value"),
    Wrong('first.get("total")', 'first.get("total", 0)', "'total' has a different value"),
    Wrong('first.get("total")', "first", "'total' has a different value"),
    Wrong('other["rest"]', 'first["rest"]', "'rest' has a different value"),
    Wrong('other["rest"]', 'other["total"]', "'rest' has a different value"),
]
PROPERTY = """
class Hook:
    @property
    def share_id(self):
        return json.load(open("hook.json"))["share_id"]

    @property
    def token(self):
        return input()

    def start(self, facts):
        print(facts)
        token = self.token
        body = {**facts, "token": token}
        response = requests.post(f"{API}/invoke/{self.share_id}", json=body, headers=KEY)
        return response.json()["worker_id"]

print(Hook().start({"vendor": input()}))
"""
OF_PROPERTY = [
    Wrong("kognitos_process(self.share_id)", "kognitos_process(print(self.share_id))", "is not looked up"),
    Wrong(
        "        print(facts)\n", "        print(facts, self.token)\n", "`self.token` is evaluated once more"
    ),
    Wrong(
        "        print(facts)\n        token = self.token",
        "        token = self.token\n        print(facts)",
        "before",
    ),
    Wrong("token = self.token", "token = None", "`self.token` is left out"),
    Wrong("token = self.token", "token = self.token if facts else None", "under other conditions"),
    Wrong("        print(facts)\n", "        print(facts, self.share_id)\n", "is not looked up"),
]
REHEARSAL = """
class Live:
    def read(self, worker_id):
        return requests.get(f"{API}/run/{worker_id}", headers=KEY).json()

class Rehearsed:
    def read(self, worker_id):
        return {"state": "done", "answer": '{"approved": true, "total": 12.5}'}

def outputs(client, worker_id):
    run = client.read(worker_id)
    return json.loads(run["answer"]) if run["state"] == "done" else None

started = requests.post(f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde", json={}, headers=KEY).json()
print(outputs(Rehearsed(), "r"), outputs(Live(), started["worker_id"]))
"""
OF_REHEARSAL = [
    Wrong('"value": True', '"value": 1', "has a different value"),
    Wrong('"value": 12.5', '"value": 12', "has a different value"),
    Wrong('"name": "total"', '"name": "sum"', "has a different value"),
    Wrong('{"name": "approved", "value": True}, ', "", "has a different value"),
    Wrong(
        '[{"name": "approved"', '[{"name": "note", "value": None}, {"name": "approved"', "a different value"
    ),
    Wrong('"outputs": [', '"outputs": input() and [', "has a different value"),
]
ATTRIBUTES = """
SEEN = 0


class Job:
    def __init__(self):
        self.tries, self.label = 0, "new"

    def count(self):
        self.tries += 1

    def rename(self, label):
        self.label = label

    def is_first(self):
        return self.tries == 1


def see():
    global SEEN
    SEEN += 1


def tally(job):
    job.count()


job = Job()
started = requests.post(f"{API}/invoke/k2mnp8qrs4tuv6wxy1zab3cde", json={"label": job.label}, headers=KEY)
job.rename("started")
worker = started.json()["worker_id"]
while True:
    tally(job)
    see()
    run = requests.get(f"{API}/run/{worker}", headers=KEY).json()
    if run["state"] == "done":
        break
    if job.is_first():
        print("waiting", job.label)
print(job.tries, SEEN, json.loads(run["answer"])["total"])
"""
RIGHT_ATTRIBUTES = [
    Right("job = Job()\n", "job = Job()\nother = Job()\n"),
    Right("    if job.is_first():", "    if (job.is_first()):"),
]
OF_ATTRIBUTES = [
    Wrong("    tally(job)\n", "", "`tally\\(job\\)` is left out"),
    Wrong("    tally(job)\n", "    tally(job); tally(job)\n", "`tally\\(job\\)` is evaluated once more"),
    Wrong("    tally(job)\n    see()\n", "    see()\n    tally(job)\n", "is evaluated before"),
    Wrong("    see()\n", "", "`see\\(\\)` is left out"),
    Wrong('job.rename("started")\nworker', "worker", "is left out"),
    Wrong("    tally(job)\n", "    if worker:\n        tally(job)\n", "under other conditions"),
    Wrong("        self.tries += 1\n", "        pass\n", "is left out"),
]
MODEL = """
from pydantic import BaseModel

class Run(BaseModel):
    state: str = "running"

for _ in range(9):
    run = Run.model_validate(requests.get(f"{API}/run/{input()}", headers=KEY).json())
    if run.state == "done":
        break
print(run.state == "done")
"""
OF_MODEL = [
    Wrong('print(run.state == "done")', 'print(run.state == "failed")', "has a different value"),
    Wrong("state=v1_state", "other=v1_state", "has a different value"),
]
PROGRAMS = {
    "two files": (TWO_FILES, OF_TWO_FILES),
    "a loop": (LOOP, OF_LOOP),
    "a class": (CLASS, OF_CLASS),
    "merged dicts": (MERGES, OF_MERGES),
    "texts": (TEXTS, OF_TEXTS),
    "decoded facts": (DECODED, OF_DECODED),
    "shared calls": (SHARED_CALLS, OF_SHARED_CALLS),
    "effects": (EFFECTS, OF_EFFECTS),
    "values": (VALUES, OF_VALUES),
    "objects that are seen": (SEEN, OF_SEEN),
    "functions in a circle": (CIRCLE, OF_CIRCLE),
    "a chain of processes": (CHAIN, OF_CHAIN),
    "a property": (PROPERTY, OF_PROPERTY),
    "a rehearsed answer": (REHEARSAL, OF_REHEARSAL),
    "attributes": (ATTRIBUTES, OF_ATTRIBUTES),
    "a model with a default": (MODEL, OF_MODEL),
}
RIGHT = [
    *(("a loop", right) for right in RIGHT_LOOP),
    *(("decoded facts", right) for right in RIGHT_DECODED),
    *(("attributes", right) for right in RIGHT_ATTRIBUTES),
]
"""Results that differ from those that planning writes, and are right, too."""
