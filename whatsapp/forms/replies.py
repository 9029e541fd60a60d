"""The form of prepared replies."""

from django import forms

from whatsapp.models import CannedReply


class CannedReplyForm(forms.ModelForm):
    """A text that staff send with one press, in each language in which it is said."""

    class Meta:
        model = CannedReply
        fields = ["title", "text_sesotho", "text_english", "text_french"]
        widgets = {
            name: forms.Textarea(attrs={"rows": 3, "maxlength": 1300, "lang": language})
            for name, language in (("text_sesotho", "st"), ("text_english", "en"), ("text_french", "fr"))
        }
        help_texts = {"title": "How it is found in the list; customers do not see it."}
        error_messages = {"title": {"unique": "There is a prepared reply with this title already."}}
