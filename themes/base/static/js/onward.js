// The form that leads on to another site is sent by itself; without scripts its button does.
document.querySelector("form[data-onward]")?.requestSubmit();
