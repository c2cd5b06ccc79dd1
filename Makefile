lock:
	python3 -m venv .venv-lock && .venv-lock/bin/pip -q install 'uv>=0.9'
	.venv-lock/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --extra cdk --extra inspect --group dev pyproject.toml -o requirements/dev.txt
	.venv-lock/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --extra local pyproject.toml -o requirements/local.txt
