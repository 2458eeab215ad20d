"""Captchas: whether a form was sent by a person, asked where a form or a page of identity says so.

In: a request and what the question is for. Out: a `CaptchaView` for the page, and after a post whether it was passed. A
provider is a plug: `ports.Captcha`. What was solved counts once.
"""
