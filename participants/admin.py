"""The back office writes nothing: the page that django-oauth-toolkit registers for its application, ours, is taken away."""

from django.contrib import admin

from participants.models import OAuthClient

admin.site.unregister(OAuthClient)
