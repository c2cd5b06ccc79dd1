"""The sandbox of a job's process: Linux namespaces, entered before anything hostile is read.

A model is somebody else's file, and the parsers and compilers that read it are large. Whoever takes
over a job's process finds:

    files      its own folder to write; Python, its packages and the C libraries to read; no home,
               no data of other jobs, no sockets
    processes  its own, all of which the kernel ends with the first of them
    network    none, not even loopback
    rights     none: no capabilities, no set-user-ID programs; of the kernel's interfaces, neither
               sockets but Unix ones, nor keys, io_uring, bpf and perf

    kernel     the system calls that are made
    seccomp    the system calls that are refused
    root       the file system that the job sees
    launch     enters the sandbox and runs the job in it

Where the system has no such namespaces for ordinary users (other systems than Linux, hardened
kernels), jobs run without a sandbox, and `neoctl local start` and `status` say so. Where it has,
a job that cannot enter its sandbox fails.
Standard library only.
"""
