"""A socket on which a running fake radio takes orders, and tells what happens.

One line of JSON is a request, one line the answer:

    {"action": "net-add", "arguments": {"rule": "loss:5@to-client"}}
    {"ok": true, "result": 3}
    {"action": "net-add", "arguments": {"rule": "los:5"}}
    {"ok": false, "error": "unknown rule 'los' ..."}

After {"action": "events"} the events of the radio come as well, each a line.
"""
