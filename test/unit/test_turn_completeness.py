"""Which words leave a sentence open. The phrases are what people say to a robot, as a recogniser writes them."""

import pytest

from voice_pipeline.turn.completeness import incomplete, whole

OPEN = """
Turn on the
Turn on the.
Put it next to my
I would like a
Give me an
Set a timer for
Set a timer for ten minutes and
Wake me up at
Remind me to
Remind me to call my mother because
I want to
I want to go to
We're going to
What do you want to
Where do I have to
Tell me how to
Play something by
Look at
Move the head toward
I was thinking about
It's raining, but
If
And then I
And then I'm
What's
What is the capital of
What is the
Tell me the name of
What kind of
What about
How many
What's the weather in
Tell me the forecast in
What's wrong with
What time is it in
The weather is
My name is
How old are
What I want is
Um
I think it was, uh
Play some music, um.
Hmm.
Can you
Could you
Hey, can you
Let's
Let me see.
So
Well
It's raining so
I gotta
Call Dr.
Call Mr.
Five plus
Nobody is taller than
It is as
I would like
I'd like
This is something like
He is very
We need every
Is it yours or
Turn on the...
Turn on the light,
Turn on the light –
Turn on the light…
That is fine. Now turn on the
What is that? I want to go to
What time is
""".strip("\n").split("\n")

CLOSED = """
Turn it on.
Turn it off
Turn the volume up.
Sit down.
Come in.
Get out!
Start over.
Hold on
What is that for?
Who are you with?
Where are you from?
What are you thinking of?
What is it made of
Who do I talk to?
What are you looking at?
Which one should I look for?
What's it like?
What is the weather like?
Tell me what this is for.
I know who you are with.
Give me something to listen to.
What for?
Where to?
I'd love to.
I don't want to.
Yes, I want to.
No, I don't have to.
Tell me what time it is.
Do you know where the kitchen is?
Yes, it is.
Here we are.
I know who you are.
Who am I?
So do I, and can I?
You and I
I think so.
Why so?
Wait a while.
Ever since
Just because
It's his.
As you like.
Do what you like
Stand by.
Sort of.
That's about it.
Plan A.
The answer is A
Stop.
Yes
Uh-huh.
Mm-hmm.
Okay
Nod your head
What's the weather like at the beach?
Thank you very much.
Call her.
I like that.
What can you do?
I know how.
Tell me why.
Forty-two
The man I gave it back.
Do you see Dr. Smith?
3.5
""".strip("\n").split("\n")


@pytest.mark.parametrize("text", OPEN)
def test_goes_on(text):
    assert incomplete(text)


@pytest.mark.parametrize("text", CLOSED)
def test_may_end(text):
    assert incomplete(text) == ""


@pytest.mark.parametrize("text", ["", "   ", "...?", "♪"])
def test_no_words_are_no_reason(text):
    assert incomplete(text) == ""


def test_only_english_is_judged():
    assert incomplete("Schalte das Licht an", "de") == incomplete("the", "de") == incomplete("the", "") == ""
    assert incomplete("the", "en-GB")


def test_the_reason_never_quotes_the_words():
    for text in OPEN:
        assert text.lower().strip(" .") not in incomplete(text)


def test_typographic_apostrophes_and_quotes_do_not_matter():
    assert incomplete("“I’m”") == incomplete("I'm") != ""


@pytest.mark.parametrize("text", ["Stop.", "Yes", "Yes, please.", "No!", "Never mind.", "What?", "Seven."])
def test_is_said_alone(text):
    assert whole(text)
    assert incomplete(text) == ""


@pytest.mark.parametrize("text", ["", "Stop the", "Yes, I", "Turn", "My"])
def test_is_not_said_alone(text):
    assert not whole(text)


def test_what_is_said_alone_is_not_known_of_every_language():
    assert not whole("Stop", "ru")
