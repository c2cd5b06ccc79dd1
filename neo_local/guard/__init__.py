"""The guard in front of both servers: only callers who hold the instance's secret are answered.

The servers listen on loopback, but a web page in the user's browser, another user of the machine
and any local program can reach loopback too. So every request passes these checks:

    host       the Host header names this machine, which defeats DNS rebinding
    browser    no Origin header and no Sec-Fetch-Site of a page; no CORS, no web sockets
    signature  AWS Signature Version 4 (or a presigned S3 URL) made with the instance's secret

`neoctl local env` prints the secret; everything that the embedded AWS starts or issues (Lambda
functions, assumed roles) signs with the same one. Open without a signature are the
health pages and the callback URLs of custom resources, whose path is itself a random secret.

    request    a request as the guard sees it
    sigv4      Signature Version 4, in headers and in presigned URLs
    sigv2      the presigned S3 URLs that boto3 makes by default
    guard      the checks, in order
    relay      requests for SageMaker on MiniStack's port, sent on to the endpoint
    ministack  MiniStack behind the guard, as an ASGI application

Standard library only.
"""
