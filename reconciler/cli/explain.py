"""``neoctl explain``: what a rule or a FailureReason means, and what to do."""

from __future__ import annotations

import click

from reconciler.cli.pages.rules import index, markdown, page_of, rule_named, rules, suggestion


def _complete(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    item = click.shell_completion.CompletionItem
    by_code = [item(code, help=rule.slug) for code, rule in sorted(rules().items())]
    by_slug = [item(rule.slug, help=code) for code, rule in sorted(rules().items())]
    wanted = (incomplete.upper(), incomplete.lower())
    return [found for found in by_code + by_slug if found.value.startswith(wanted)]


@click.command()
@click.argument("name", metavar="RULE|REASON", required=False, shell_complete=_complete)
@click.option("--list", "listed", is_flag=True, help="List all rules.")
@click.pass_context
def command(ctx: click.Context, name: str | None, listed: bool) -> None:
    """Explain a RULE by its code or name (NEO410, unknown-compiler-option).

    Or explain why a job failed: give its FailureReason, in quotes.
    """
    if listed or name is None or not name.strip():
        click.echo(index() if listed else ctx.get_help())
        return
    rule = rule_named(name)
    if rule is None and " " in name.strip():
        from reconciler.cli.pages.failures import explained

        click.echo(explained(name), nl=False)
        return
    if rule is None:
        raise click.ClickException(f"unknown rule {name}. {suggestion(name)}".rstrip())
    click.echo(markdown(page_of(rule)), nl=False)
