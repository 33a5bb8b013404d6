"""The forms of the desk. Flask-WTF gives each a CSRF token; what they hold is judged by the service."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, TextAreaField


class UnlockForm(FlaskForm):  # type: ignore[misc] # flask-wtf ships no types
    """The passphrase."""

    passphrase = PasswordField()


class LockForm(FlaskForm):  # type: ignore[misc]
    """Only a token: nobody else may lock this desk."""


class DownloadForm(FlaskForm):  # type: ignore[misc]
    """Only a token: no other page may have a readable copy made."""


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """A counsellor's answer; its files are `uploads`."""

    text = TextAreaField()
