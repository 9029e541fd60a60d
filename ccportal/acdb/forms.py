"""The upload form of the import page."""

from django import forms

from ccportal.acdb.importer.copying import check_file
from ccportal.acdb.importer.errors import BadFile
from ccportal.acdb.uploads import StoredFile, stored_path


class ImportForm(forms.Form):
    """``cleaned_data["file"]`` is a ``StoredFile`` that begins like an Access or SQLite database."""

    file = forms.FileField(
        label="Access file",
        help_text="An .accdb or .mdb file without password, closed in Access.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty.", "missing": "Choose a file."},
        widget=forms.ClearableFileInput(attrs={"accept": ".accdb,.mdb,.db,.sqlite3"}),
    )

    def clean_file(self) -> StoredFile:
        file: StoredFile = self.cleaned_data["file"]
        try:
            check_file(stored_path(file.stored_name))
        except BadFile:
            raise forms.ValidationError("This does not appear to be an Access database.") from None
        return file
