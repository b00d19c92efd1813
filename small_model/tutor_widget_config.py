"""How a tutor's server asks the small model: read where Jupyter's configuration path leads here."""

from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821
c.TutorServer.single_user = True
# The built-in instructions are too long for a model of this size.
c.OpenAITutor.prompt_file = str(Path(__file__).with_name("prompt.md"))
c.OpenAITutor.prompt_tokens = 1500
c.OpenAITutor.parallel = 2
# It shares one processor with everything else.
c.OpenAITutor.first_token_timeout = 120
c.OpenAITutor.total_timeout = 600
