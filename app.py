"""The app's entry: the list of pages, nothing else. Start it with `make app`."""

import streamlit as st

from lstmmusic.app import improvise_page

st.navigation(
    [st.Page(improvise_page.render, title="Improvise", url_path="improvise", default=True)]
).run()
