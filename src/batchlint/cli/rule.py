"""`batchlint rule`: explain rules."""

import click

from batchlint.cli import output
from batchlint.cli.errors import UserError


@click.command("rule", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("code", required=False)
@click.option("--all", "everything", is_flag=True, help="Explain all rules.")
@click.option("--output-format", type=click.Choice(["text", "json", "markdown"]), default="text")
def command(code: str | None, everything: bool, output_format: str) -> int:
    """Explain the rule CODE (a code such as BL101, or a name), or all of them."""
    from batchlint.rules import registry

    if bool(code) == everything:
        raise UserError("say which rule: batchlint rule CODE, or batchlint rule --all")
    if everything:
        rules = registry.RULES
    else:
        assert code
        rule = registry.find(code)
        if rule is None:
            from batchlint.config.shapes import nearest

            hint = nearest(code, (*registry.BY_CODE, *registry.BY_NAME))
            raise UserError(f"unknown rule '{code}'{hint}")
        rules = (rule,)
    from batchlint.report import rule_pages

    output.write(rule_pages.render(rules, output_format, as_list=everything), is_text=output_format == "text")
    return 0
