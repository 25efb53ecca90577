"""What the tests of all pages do with a page, driven headless."""

from streamlit.testing.v1 import AppTest

from lstmmusic.app.jobs import Jobs


def opened(script, job=None, **state):
    """The page that a script draws, at a job, with a session state to begin with."""
    page = AppTest.from_string(script, default_timeout=60)
    if job is not None:
        page.query_params["job"] = job.id
    for name, value in state.items():
        page.session_state[name] = value
    page.run()
    assert not page.exception, page.exception
    return page


def widget(page, kind, label):
    """The first with that label, as it is read: without the backslashes of its Markdown."""
    return next(found for found in getattr(page, kind) if found.label.replace("\\", "") == label)


def labels(page, kind="button"):
    return [found.label.replace("\\", "") for found in getattr(page, kind)]


def texts(page, *kinds):
    found = [element.value for kind in kinds for element in page.get(kind)]
    return " ".join(map(str, found)).replace("\\", "")


def shown(page):
    """The job that the address names."""
    value = page.query_params["job"]
    return Jobs().find(value if isinstance(value, str) else value[0])
