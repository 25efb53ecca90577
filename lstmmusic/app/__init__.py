"""The Streamlit app: pages and components, thin views over the rest of the package."""
