"""Addresses of the pages; those that allauth asks for by name keep its names."""

from django.urls import path

from console.pages import account, catalogue, home, identifiers, passwords, second_factor, sign_in

urlpatterns = [
    path("", home.home, name="page-home"),
    path("catalogue", catalogue.catalogue, name="page-catalogue"),
    path("identifiers", identifiers.identifiers, name="page-identifiers"),
    path("sign-in", sign_in.SignInView.as_view(), name="account_login"),
    path("sign-in/code", sign_in.CodeView.as_view(), name="mfa_authenticate"),
    path("sign-in/again", sign_in.PasswordAgainView.as_view(), name="account_reauthenticate"),
    path("sign-in/again/code", sign_in.CodeAgain.as_view(), name="mfa_reauthenticate"),
    path("sign-in/with/<slug:provider_id>", sign_in.provider_login, name="openid_connect_login"),
    path("sign-in/with/<slug:provider_id>/back", sign_in.provider_callback, name="openid_connect_callback"),
    path("sign-out", sign_in.sign_out, name="account_logout"),
    path("password", passwords.forgot, name="page-forgot"),
    path("password/<uuid:user>/<str:token>", passwords.by_link, name="page-link"),
    path("invitations/<str:link>", passwords.invitation, name="page-invitation"),
    path("account", account.account, name="page-account"),
    path("account/password", passwords.change, name="page-password"),
    path("account/second-factor/enrol", second_factor.EnrolView.as_view(), name="mfa_activate_totp"),
    path("account/second-factor/end", second_factor.EndView.as_view(), name="mfa_deactivate_totp"),
    path("account/second-factor", account.account, name="mfa_index"),
    path("account/recovery-codes", second_factor.CodesView.as_view(), name="mfa_view_recovery_codes"),
    path(
        "account/recovery-codes/new", second_factor.NewCodesView.as_view(), name="mfa_generate_recovery_codes"
    ),
]
