"""Five replies that care agents need on the first day; an installation changes them as it likes."""

from django.db import migrations

REPLIES = (
    (
        "We are looking into it",
        "Rea leboha ka molaetsa oa hau. Re ntse re hlahloba taba ena 'me re tla u tsebisa hang ha re fumana karabo.",
        "Thank you for your message. We are looking into this and will tell you as soon as we know more.",
    ),
    (
        "Ask for the account number",
        "Ka kopo re romelle nomoro ea akhaonto ea hau (mohlala 0045MAK) le lebitso la motse oa heno, hore re u thuse.",
        "Please send us your account number (for example 0045MAK) and the name of your village, so that we can help.",
    ),
    (
        "Ask for a photo of the meter",
        "Ka kopo re romelle foto ea metara ea hau e bontšang nomoro le mabone a eona.",
        "Please send us a photo of your meter that shows its number and its lights.",
    ),
    (
        "Stay away from the line",
        "Ka kopo u se ke ua ama kapa ua atamela terata kapa palo ea motlakase. Thibela batho ba bang, haholo bana, ho atamela ho fihlela setsebi se fihla.",
        "Please do not touch or go near the wire or the pole. Keep others, above all children, away until a technician is there.",
    ),
    (
        "How to buy electricity",
        "U ka reka motlakase ka M-Pesa kapa EcoCash ka nomoro ea hau ea akhaonto. Haeba tefo e sa bonahale, re romelle molaetsa oa tefo.",
        "You can buy electricity with M-Pesa or EcoCash, using your account number. If a payment does not show, send us the payment message.",
    ),
)


def add(apps, schema_editor):
    reply = apps.get_model("whatsapp", "CannedReply")
    for title, sesotho, english in REPLIES:
        reply.objects.get_or_create(title=title, defaults={"text_sesotho": sesotho, "text_english": english})


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0003_polls")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
