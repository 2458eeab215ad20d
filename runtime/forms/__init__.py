"""Forms: attribute types become inputs, form components become classes, and what was typed becomes values.

What may enter: WTForms, Babel, our metadata, access and records. What may not: Flask and templates; a form knows no
request, it is handed the posted names and values.
"""
