"""The app's entry: the list of pages, and how they look. Start it with `make app`."""

import streamlit as st

from lstmmusic.app import appearance, explore_page, improvise_page, lab_page, memory, train_page

page = st.navigation(
    [
        st.Page(improvise_page.render, title="Improvise", url_path="improvise", default=True),
        st.Page(train_page.render, title="Train", url_path="train"),
        st.Page(explore_page.render, title="Explore", url_path="explore"),
        st.Page(lab_page.render, title="Lab", url_path="lab"),
    ],
    position="top",
)
appearance.apply()
memory.set_aside_loaded()
page.run()
