"""Supervision of the embedded AWS: MiniStack and the Neo-compatible endpoint, as one thing.

`python -m neo_local.supervisor start|stop|status|env` is what `neoctl local` runs. Standard
library only, so that it runs under any Python; the two servers run under the Python of an
environment of their own, since MiniStack pins a botocore.

    control   start, stop, status: what a user asks for
    daemon    the process that starts the servers, watches them and takes them down
    secret    the data folder, closed to other users, and the secret with which callers sign
    ports     the two ports
    settings  places, and the environment and command of each server
    processes a tree of processes: started, found, ended
    sockets   which addresses a tree listens on: loopback only
    export    the environment to work with it, as shells and programs want it
"""
