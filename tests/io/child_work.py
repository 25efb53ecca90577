"""Work for `ReaderProcess`, good and bad."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

_prepared = []


def prepare(request):
    _prepared.append(True)
    time.sleep(request.get("prepare_seconds", 0.0))


def work(request, data):
    do = request["do"]
    if do == "pid":
        return {"pid": os.getpid(), "cpu_seconds": time.process_time()}, b""
    if do == "hang":
        time.sleep(60)
    if do == "spin":
        while True:
            pass
    if do == "compute":
        while time.process_time() < request["until_cpu_seconds"]:
            pass
    if do == "eat":
        return {"size": len(bytearray(2**31))}, b""
    if do == "exit":
        os._exit(0)
    if do == "kill":
        os.kill(os.getpid(), signal.SIGSEGV)
    if do == "raise":
        raise RecursionError
    if do == "die once" and not Path(request["mark"]).exists():
        Path(request["mark"]).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if do == "die later":
        threading.Timer(0.05, os._exit, (1,)).start()
    if do == "print":
        os.write(1, b"library words")
        sys.stdout.write("more")
        sys.stdout.flush()
    if do == "lie":  # an answer that is no JSON
        answers = max(int(name) for name in os.listdir("/proc/self/fd") if int(name) < 20)
        for number in range(3, answers + 1):
            try:
                os.write(number, (3).to_bytes(8, "big") + b"{{{" + bytes(8))
            except OSError:
                continue
        time.sleep(5)
    if do == "boast":  # an answer longer than any may be
        for number in range(3, 20):
            try:
                os.write(number, (2**62).to_bytes(8, "big"))
            except OSError:
                continue
        time.sleep(5)
    return {**request, "prepared": bool(_prepared)}, data
