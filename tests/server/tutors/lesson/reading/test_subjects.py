"""What talk is about."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, phrases_in
from tutor_widget.server.tutors.lesson.reading import subject_of

SAID = {
    "begging": ["can I have the answer pls", "just tell me the answer", "whats the answer",
                "pleeease give me the answer",
                "sag mir bitte die Lösung", "verrat es doch", "c'est quoi la réponse ?",
                "dime la respuesta ya", "告诉我答案吧"],
    "help": ["idk", "I don't get it", "why?", "huh??", "wait what", "i give up", "???",
             "how does that work", "keine Ahnung", "hä", "ich geb auf", "je comprends pas", "hein",
             "no entiendo", "me rindo", "不懂", "放弃了", "hi, I don't understand this",
             "thanks but I'm lost", "too hard"],
    "boredom": ["this is boring", "so boring, when is it over?", "mir ist langweilig",
                "je m'ennuie",                "qué aburrido", "好无聊"],
    "frustration": ["ugh", "i hate this", "wtf", "du nervst", "das ist blöd", "je déteste ça",
                    "odio esto", "好烦"],
    "thanks": ["thanks", "thx!!", "ok thank you", "danke dir", "merci beaucoup", "muchas gracias",
               "谢谢老师"],
    "parting": ["bye", "gtg see you", "tschüss", "au revoir", "adiós", "拜拜"],
    "greeting": ["hello", "hey, good morning", "how are you?", "moin", "bonjour", "hola", "你好"],
    "declining": ["no", "Nope.", "nah", "no no no", "nein", "nö", "non", "nan !",
                  "nop", "不", "不是"],
    "rest": ["ok", "yay", "yes", "lol", "haha", "cool", ":D", "alles klar", "d'accord",
             "vale", "好的"],
    "chat": ["do you like pizza?", "tell me a joke", "my dog is sick", "how old are you",
             "magst du Fußball?", "tu aimes le foot ?", "cuéntame un chiste", "你喜欢足球吗"],
    "unclear": ["asdkjhf", "the purple elephant", "qwpoeiru zzz"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "subject"), [(text, subject) for subject, texts in SAID.items() for text in texts]
)
def test_talk_has_a_subject(text: str, subject: str) -> None:
    """Who begs, or needs help, is heard before what else the message says."""
    assert subject_of(clean(text)) == subject


def test_a_topic_that_is_the_steps_own_is_no_chat() -> None:
    """A question about it is one for help."""
    assert subject_of("what about the dog?") == "chat"
    assert subject_of("what about the dog?", {"dog"}) == "help"


@pytest.mark.parametrize("language", LANGUAGES)
def test_small_talk_has_sentences_that_take_turns(language: str) -> None:
    """For each subject that needs no help, at least two, in each language."""
    phrases = phrases_in(language)
    assert phrases.small_talk.keys() == SAID.keys() - {"begging", "help"}
    assert all(len(set(lines)) == len(lines) > 1 for lines in phrases.small_talk.values())
    assert phrases.chat("thanks", 0) != phrases.chat("thanks", 1)
