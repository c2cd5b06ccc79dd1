"""An embedded AWS for Neo: a SageMaker endpoint that really compiles, beside MiniStack."""

ENGINE = "neo_local"
