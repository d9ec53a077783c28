"""What people say to each other is full of words that hints are made of; none of it moves the robot.

Apart from test_dialogue_hints.py for its size. The sentences are modelled on kinds of mistakes that hints made on public
conversations: other people's beds, appointments, directions, emergencies, company, and stock phrases ("the right one").
"""

import pytest

from voice_pipeline.dialogue.books import Books
from voice_pipeline.dialogue.phrase_files import load_folder
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
BOOKS = Books(FILE, "en", load_folder(resource("config/phrases"), FILE))
BOOKS.prepare()

TALK = {
    "en": """
        No harm done, I'm sure you'll manage better next week.
        I've got the receipt right here.
        Is that the right key for this lock?
        Speaking, this is he.
        I lost ten pounds since I met you.
        They called an emergency board meeting.
        Do you know how far the station is?
        What time would suit you?
        At what time does the ferry leave?
        Great, what time?
        Could you tell me what time she'll be back?
        I'm here for the job interview.
        We're here on business.
        Can I pay by card here?
        I really like living here.
        I've been coming here since I was young.
        We look forward to your answer.
        Go to the front desk and ask for Mary.
        Do you have a laundry down there?
        I wrote it down here somewhere.
        What gives you the right to say so?
        You have come to the right place.
        You're on the right track, keep at it.
        Take the next left, you can't miss the bank.
        The plan is still up in the air.
        Can I try the blue sweater from the top shelf?
        Put your hands over your head, this is the police.
        I'll try the fish, and give me a salad too.
        Give me a day to think about it.
        I don't understand the form, could you show me?
        Could you show me some Italian shoes?
        It looks like you're really interested in stamps.
        We should have a drink to celebrate your birthday.
        How do you celebrate Easter in your family?
        Where is the party? On the third floor.
        The music has stopped, thank you for the dance.
        I need somebody here to help me with the boxes.
        This is a new product of our company.
        There are a lot of customers here today.
        I'm meeting a client this afternoon.
        Do you know what kind of bread they sell?
        Do you know how to use this machine?
        Don't you know that the shop is closed?
        You look a bit lost, can I help you?
        You got lost on the way, didn't you?
        I don't get what you mean.
        Sorry, I don't quite follow you.
        Why don't you just get a new one?
        It is so quiet in this park.
        It wasn't that loud at the concert.
        Then he asked why you sped past the yellow light.
        How can a firm maximise its profit?
        You should take a break, maybe a holiday.
        How about a lunch break, Lucy?
        That's all for today, you can park over there.
        That's fine. I'm nearly finished, do you need a hand?
        I'm going to go and fetch it now.
        I have to stay in bed until Monday with this flu.
        I'm not ready to go to sleep yet.
        We're getting up late today, so let's have brunch.
        You'd better tuck in your shirt.
        When do you usually go to bed?
        Is there a seat by the emergency exit?
        We have to take you to the emergency room.
        Please be quick, this is an emergency!
        Turn left at the lights. Are you with me?
        Let's stop gossiping and get back to work.
        Are you there, Mary?
        When is the rent due?
        I have Tuesday or Thursday free, which is better?
        It's Thursday today, so the museum is open.
        I already have a date on Friday.
        I'm afraid we'll be late for dinner.
        Where do I catch the bus to the airport?
        How much time are we going to have for this?
        I don't know which train to take.
        """,
    "de": """
        Schon gut, nächste Woche klappt es bestimmt besser.
        Ich habe die Quittung gleich hier.
        Ist das der richtige Schlüssel für dieses Schloss?
        Am Apparat, das ist sie selbst.
        Ich bin hier wegen der Wohnung.
        Wir sind geschäftlich hier.
        Kann ich hier mit Karte zahlen?
        Mir gefällt es hier sehr gut.
        Solange ich hier bin, passiert nichts.
        Wir brauchen hier einen Elektriker.
        Wie komme ich von hier zum Bahnhof?
        Wann gehst du weg?
        Hast du den Schlüssel zur Tür?
        Ich glaube, ich laufe in die falsche Richtung.
        Ich bitte um Ihre Aufmerksamkeit.
        Freut mich, Sie kennenzulernen.
        Ich freue mich auf das Wochenende.
        Ist er ein Freund von Helen?
        Sie sind sehr freundlich zu mir.
        Meine Freundin macht eine Ausbildung.
        Was machst du an Weihnachten?
        Hier sind Sie ja, kommen Sie herein.
        Sind Sie zum ersten Mal hier?
        Hier ist er, der neue Vertrag.
        Sie kommen ja doch noch.
        Das ist sehr nett von Ihnen.
        Können Sie noch etwas warten?
        Wir gehen heute Abend tanzen.
        Das Orchester spielt, darf ich um den Tango bitten?
        Die Musik hat aufgehört, danke für den Tanz.
        Ich denke, ich mache morgen welche.
        Denken Sie, dass die Kinder zu viel fernsehen?
        Dürfen wir die Weinkarte sehen?
        Sie sehen etwas verloren aus, kann ich helfen?
        Sie machen sich Sorgen, dass er verloren ist.
        Warum rufst du sie nicht wieder an?
        Ich verstehe nicht, was du meinst.
        Das geht dich wirklich nichts an.
        Willst du nichts mehr über das Buch hören?
        Ich habe lange nichts von dir gehört.
        Du bist eigentlich dünn genug.
        Bleib hier, draußen donnert es.
        Es war nicht so laut.
        Bist du fertig mit dem Essen?
        Ich bin fast fertig, brauchst du Hilfe?
        Das war's für heute, parken Sie bitte dort.
        Wir sollten langsam nach Hause gehen.
        Wollen wir heute Abend etwas essen gehen?
        Du musst eine Pause machen, vielleicht einen Urlaub.
        Nimm die Tablette vor dem Schlafengehen.
        Wie hast du das endlich geschafft?
        Das ist ein Notfall!
        Guten Morgen, schön Sie zu sehen.
        Es ist schön und hell heute, oder?
        Muss ich wirklich schon wieder aufstehen?
        Sie haben sicher noch Kuchen da.
        Und wie lange dauert die Fahrt mit dem Zug?
        Wie spät ist es dort?
        Vielleicht ist es dann zu spät.
        Um wie viel Uhr kommt der Arzt?
        An welchem Tag ist die Prüfung?
        Welches Restaurant nehmen wir heute?
        Heute ist Donnerstag, da ist zu.
        Da hinten rechts ist die Apotheke.
        Hier kann man rechts abbiegen.
        Es liegt nur an dir.
        Weißt du etwas über Australien?
        Weißt du, wie man das macht?
        """,
    "fr": """
        Bonjour, comment allez-vous ?
        Il fait trop froid ici en hiver.
        Qu'est-il arrivé à ton vélo ?
        Y a-t-il une pharmacie ici ?
        Tout le monde est là, on commence.
        Quelqu'un peut m'aider ici ?
        J'aime l'odeur des fleurs dans le jardin.
        Elle chante dans un groupe de musique.
        Heureusement, il fait beau.
        Malheureusement, je ne peux pas venir.
        Tu as pensé au ménage ?
        Les gens ont du mal à me comprendre.
        C'est très beau là-bas.
        Mon père élève des moutons et son chien l'aide.
        Tu prévois quoi pour aujourd'hui ?
        Ce serait bien, vendredi ou samedi ?
        Demain, c'est mon anniversaire.
        Je suis ici pour le travail.
        La banque est à droite.
        J'ai rarement le temps de lire.
        Quelle heure est-il à Tokyo ?
        À quelle heure part le bateau ?
        Je ne connais pas son numéro de téléphone.
        On dort mieux la nuit à la campagne.
        Je dois aller au lit tôt ce soir.
        Je te l'ai déjà dit.
        Vous continuez vos études ?
        C'est un petit village, mais il y a des visiteurs.
        Tu as l'air surpris.
        Il a perdu ses clés par terre.
        C'est une urgence !
        """,
    "es": """
        Buenos días, ¿cómo está usted?
        Hoy es martes, ¿no?
        ¿Cuánto tiempo hará falta?
        Salgo a las dos y media.
        Mi vuelo llegó a las cinco.
        ¿A qué hora comes?
        Me gusta mucho esta canción.
        No tengo canción favorita.
        Mamá llegó a casa hace poco.
        Hay mucha gente aquí.
        ¿Alguien me puede ayudar?
        Estoy aquí por trabajo.
        Nos gusta vivir aquí.
        ¿Puedo pagar aquí con tarjeta?
        Todo lo que quiero es descansar un poco.
        Te conté todo lo que sé.
        No entiendo lo que quieres decir.
        La farmacia está a la derecha.
        Gira por la segunda a la izquierda.
        Es una emergencia.
        Creo que sabes de qué hablo.
        ¿Sabes cómo se usa esto?
        Voy a la cama temprano los viernes.
        Eso es todo por hoy, gracias.
        Qué pena que no puedas venir.
        Ponme un café y un bocadillo.
        Piensa un poco en tu familia.
        Parece que te interesa el circo.
        ¿Quién es el nuevo jefe?
        Tengo que hacer la comida.
        """,
    "ja": """
        今日は私の誕生日です。
        楽しそうですね。
        友達と楽しく過ごしています。
        毎日幸せに暮らしています。
        私はダンスが得意です。
        ダンス教室に通っています。
        こんにちは、お元気ですか。
        こんにちは、私は小さな町から来ました。
        こちらは寒いです。
        学校に行く時間があるか分かりません。
        昨日は学校に遅刻した。
        興味のある分野は何ですか。
        釣りに興味があります。
        それは残念です。
        どこへ行くか考えています。
        よく覚えています。
        中学校のことを覚えています。
        私の一番大きい夢は海外旅行です。
        まだ仕事を続けています、大丈夫です。
        大きな夢を見ています。
        ここで少し休憩しようよ。
        月が雲から出た。
        彼の家は駅の向かいにあります。
        机の上に本がある。
        はい、頭を使う仕事です。
        それは混乱しますね。
        一日よく頑張りました。
        どんな音楽が好きですか。
        みんなに紹介したい店があります。
        仕事をしていて嬉しいです。
        """,
}


def sentences():
    return [(lang, line.strip()) for lang, text in TALK.items() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(("language", "text"), sentences())
def test_talk_among_people_is_no_hint(language, text):
    book, parts = BOOKS.choose(text, language, 3)
    assert not book.calls(parts)


@pytest.mark.parametrize(
    "text",
    [
        "look over there to your right, some thirty degrees",
        "There's a lamp on your left, forty degrees or so.",
        "You have been yawning for 3 hours.",
    ],
)
def test_a_hint_leaves_alone_what_holds_a_number(text):
    book, parts = BOOKS.choose(text, "en", 3)
    assert not book.calls(parts)


@pytest.mark.parametrize(
    "text",
    [
        "You look tired.",
        "My watch has stopped, am I late for the train?",
        "There is a spider right above your head.",
        "I can hardly hear you.",
    ],
)
def test_what_is_said_to_the_robot_in_few_words_still_moves_it(text):
    book, parts = BOOKS.choose(text, "en", 3)
    assert book.calls(parts)
