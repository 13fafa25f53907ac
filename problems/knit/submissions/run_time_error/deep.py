#!/usr/bin/env python3
# @EXPECTED_RESULTS@: RUN-ERROR
# A right parser by recursive descent, three calls for each bracket: too deep for Python's limit of a thousand.
class Mistake(Exception):
    pass


class Parser:
    def __init__(self, text):
        self.text = text + "\n"
        self.at = 0

    def peek(self):
        return self.text[self.at]

    def take(self, wanted):
        if self.peek() != wanted:
            raise Mistake
        self.at += 1

    def row(self):
        knit, purl = self.item()
        while self.peek() == " ":
            self.take(" ")
            more_knit, more_purl = self.item()
            knit, purl = knit + more_knit, purl + more_purl
        return knit, purl

    def item(self):
        knit, purl = self.thing()
        digits = ""
        while self.peek().isdigit():
            digits += self.peek()
            self.at += 1
        if digits.startswith("0"):
            raise Mistake
        return knit * int(digits or 1), purl * int(digits or 1)

    def thing(self):
        if self.peek() == "(":
            self.take("(")
            inner = self.row()
            self.take(")")
            return inner
        if self.peek() not in "kp":
            raise Mistake
        letter = self.peek()
        self.at += 1
        return int(letter == "k"), int(letter == "p")


parser = Parser(input())
try:
    knit, purl = parser.row()
    parser.take("\n")
    print(knit, purl)
except Mistake:
    print("mistake")
