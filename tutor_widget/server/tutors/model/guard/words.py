"""Words around an answer, in the five languages of the interface."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "ANSWERS",
    "COUNTED",
    "CUES",
    "JOINTS",
    "LABELS",
    "MIRRORS",
    "PIECES",
    "VERDICTS",
    "WITH",
]

ANSWERS: Final = frozenset(
    """
    answer answers solution solutions antwort antworten lösung lösungen respuesta solución réponse
    答案
    """.split()
)
"""A question with one of them may tell the answer, too: "the answer is 4, ok?"."""
VERDICTS: Final = frozenset(
    """
    right correct true richtig korrekt richtige stimmt correcto correcta correct correcte
    juste bonne bon vrai 正确 对
    """.split()
)
"""With one of them, a text that names all choices chooses one."""
LABELS: Final = frozenset(
    """
    line lines index indexes indices step hint round part question lesson chapter choice section row
    place position example exercise page level python version attempt case cell number
    zeile zeilen stelle schritt hinweis tipp runde teil frage lektion kapitel beispiel aufgabe seite
    fall zelle versuch platz
    línea líneas índice paso pista vuelta parte pregunta lección capítulo ejemplo ejercicio página
    celda intento posición
    ligne lignes indice étape tour partie leçon chapitre exemple exercice cellule essai rang
    第 步骤 索引 提示 下标 步 例
    """.split()
)
"""A number behind one of them is its name: "line 3"."""
COUNTED: Final = frozenset(
    """
    lines hints steps ways things parts words questions ideas brackets letters names functions
    variables examples mistakes sides minutes seconds symbols signs characters quotes rules cases
    kinds types people friends tries options pieces loops lists conditions equals values numbers
    indexes rounds times elements arguments parameters sentences lessons calls more small short
    simple other different
    zeilen hinweise schritte wege dinge teile wörter fragen ideen klammern buchstaben namen
    funktionen variablen beispiele fehler seiten minuten sekunden zeichen regeln fälle arten
    schleifen listen werte zahlen runden mal elemente argumente parameter aufrufe weitere kleine
    kurze verschiedene sachen möglichkeiten
    líneas pistas pasos maneras formas cosas partes palabras preguntas letras nombres funciones
    ejemplos errores lados minutos segundos signos reglas casos tipos bucles listas valores números
    vueltas veces elementos argumentos parámetros llamadas pequeñas pequeños
    lignes indices étapes façons choses parties mots questions lettres noms fonctions exemples
    erreurs côtés signes règles cas sortes boucles valeurs nombres tours fois éléments paramètres
    appels petites petits
    """.split()
)
"""A number before one of them counts it: "two lines". See also `MEASURES`."""
CUES: Final = frozenset(
    """
    answer answers solution result results output correct right true prints printed shows gives
    returns outputs equals therefore thus hence finally called is write should must enter type
    choose pick take
    antwort lösung ergebnis ausgabe richtig korrekt stimmt lautet gibt druckt zeigt also ist heißt
    schreib schreibe nimm musst solltest
    respuesta solución resultado salida correcto correcta imprime muestra devuelve es escribe debes
    réponse solution résultat sortie correcte juste affiche renvoie donne est écris dois
    答案 结果 输出 正确 是 返回 打印
    """.split()
)
"""A sentence with one of them may tell the answer."""
JOINTS: Final = frozenset(
    """
    and then next followed by plus finally first after that last second third lastly
    und dann danach zuerst zuletzt schließlich gefolgt von
    y luego después primero finalmente seguido de por último
    et puis ensuite enfin premier suivi
    和 然后 接着 再 最后 先 以及 与
    """.split()
)
"""Words between the values of a row."""
WITH: Final = frozenset(
    """
    with is are in by then and plus letters be as
    mit ist auf und dann
    con es en y luego
    par avec est en et puis
    """.split()
)
"""Words before a part of a word: "starts with b, ends with reak"."""
MIRRORS: Final = re.compile(
    r"rot-?13|c(?:ae|ä|é)sar|凯撒|backward|revers|mirror|rückwärts|umgedreht|umgekehrt|gespiegelt"
    r"|al revés|invertid|à l'envers|inversé|倒|反过来",
    re.IGNORECASE,
)
"""A sentence with one of them may tell the answer backwards, or in ROT13."""
PIECES: Final = re.compile(
    r"digit|half|starts?\b|begins?\b|ends?\b|ziffer|hälfte|beginnt|fängt|endet|hört|cifra|dígito"
    r"|mitad|empieza|comienza|termina|chiffre|moitié|commence|finit|termine|数字|位|开头|结尾|一半",
    re.IGNORECASE,
)
"""A sentence with one of them may tell the parts of an answer."""
