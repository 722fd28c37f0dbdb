"""`jiesu policy`: validate, explain and compare rule books, and compute due moments."""

import typer

from cli.policy.checking import check
from cli.policy.comparing import diff
from cli.policy.due import due
from cli.policy.explaining import explain
from cli.policy.templates import templates

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command("check", help="检查规则文件，逐行指出错误")(check)
app.command("explain", help="列出一张工单的全部时限及其依据")(explain)
app.command("diff", help="比较两部规程或两个规则文件")(diff)
app.command("templates", help="列出短信模板的样子、字数和条数")(templates)
app.command("due", help="从标准输入读“起算时刻 时长”，逐行给出到期时刻")(due)
