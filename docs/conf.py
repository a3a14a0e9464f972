"""Sphinx: the user guide and the API reference, from the docstrings. `make docs` builds them into build/docs."""

from importlib.metadata import version as installed

project, author, copyright = "tsattn", "The tsattn developers", "The tsattn developers"
version = release = installed("tsattn")
extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.mathjax"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_templates"]
templates_path = ["_templates"]
html_theme = "furo"
html_title = f"tsattn {version}"
autosummary_generate = True
default_role = "py:obj"  # what stands in single backticks is a name, and a link where it is ours
autodoc_typehints = "none"  # docstrings say what a parameter is, and in which shape
autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # the template lists them
numpydoc_class_members_toctree = False
LIBRARIES = ("BaseClassifier,BaseRegressor,BaseForecaster,BaseTransformer,BaseObject,BaseEstimator,ClassifierMixin,"
             "_MetadataRequester,Module,Function,tuple")
NOT_OURS = ("get_tag,get_params,get_param_names,check_is_fitted,get_test_params,VECTORIZATION_ATTR,set_score_request,"
            "set_fit_request,get_metadata_routing")
autodoc_default_options = {"members": True, "inherited-members": LIBRARIES, "exclude-members": NOT_OURS}
