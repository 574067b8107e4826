"""Honest orders: what people really type, laid out for real. Each must end exactly as it does with bare pip."""

from __future__ import annotations

import dataclasses

from tests.proof.stage import Proof, Stage, Words, listed_in
from tests.support import backends
from tests.support.clients import served_build_tools
from tests.support.packages import About, c_extension_files, sdist, setup_files, wheel

ORDERS: list[Proof] = []
order = listed_in(ORDERS)


GREETING = About(entry_points={"greet-moss": "mossgarden:main"})


# --- names ----------------------------------------------------------------------------------------------------------


@order(oldest=True)
def _a_name_with_a_script(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", about=GREETING))
    return ("mossgarden",)


@order()
def _several_names_with_dependencies(stage: Stage) -> Words:
    stage.index.add(
        wheel("mossgarden", about=About(requires=("quietharbour>=1",))), wheel("quietharbour"), wheel("oldlantern")
    )
    return ("MossGarden", "oldlantern")


@order(rare=True)
def _specifiers(stage: Stage) -> Words:
    stage.index.add(*(wheel("mossgarden", version) for version in ("1.0", "1.5", "2.0", "2.1rc1")))
    return ("mossgarden>=1,<2",)


@order(rare=True)
def _extras(stage: Stage) -> Words:
    stage.index.add(
        wheel("mossgarden", about=About(extras={"fast": ("quietharbour",), "slow": ("oldlantern",)})),
        wheel("quietharbour"),
        wheel("oldlantern"),
    )
    return ("mossgarden[fast]",)


@order(rare=True)
def _an_older_version_for_this_python(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", "1.0"), wheel("mossgarden", "2.0", about=About(requires_python=">=4")))
    return ("mossgarden",)


@order(rare=True)
def _not_the_yanked_one(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", "1.0"))
    stage.index.add(wheel("mossgarden", "1.1"), yanked="broken")
    return ("mossgarden",)


@order(rare=True)
def _an_upgrade(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", "1.0"))
    stage.ground.bare_pip("install", "mossgarden")
    stage.index.add(wheel("mossgarden", "2.0"))
    return ("--upgrade", "mossgarden")


@order(rare=True)
def _already_there(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"), wheel("oldlantern"))
    stage.ground.bare_pip("install", "mossgarden")
    return ("mossgarden", "oldlantern")


@order(rare=True)
def _an_index_of_html_without_metadata(stage: Stage) -> Words:
    stage.index.style = dataclasses.replace(stage.index.style, json=False, metadata=False, times=False)
    stage.index.add(wheel("mossgarden", about=About(requires=("quietharbour",))), wheel("quietharbour"))
    return ("mossgarden",)


@order(rare=True)
def _an_index_without_hashes(stage: Stage) -> Words:
    stage.index.style = dataclasses.replace(stage.index.style, hashes=False)
    stage.index.add(wheel("mossgarden", about=About(requires=("quietharbour",))), wheel("quietharbour"))
    return ("mossgarden",)


@order()
def _a_mirror_beside_the_index(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"))
    stage.other.add(wheel("mossgarden"))
    return ("--extra-index-url", stage.other.url, "mossgarden")


# --- files of requirements ------------------------------------------------------------------------------------------


@order()
def _requirements_and_constraints(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", "1.0"), wheel("mossgarden", "2.0"), wheel("quietharbour"))
    stage.ground.write("requirements.txt", "# ours\nmossgarden  # green\n-r more/base.txt\n")
    stage.ground.write("more/base.txt", "quietharbour ; python_version >= '3'\noldlantern ; python_version < '3'\n")
    stage.ground.write("constraints.txt", "mossgarden<2\n")
    return ("-r", "requirements.txt", "-c", "constraints.txt")


@order()
def _hashes(stage: Stage) -> Words:
    packages = wheel("mossgarden", about=About(requires=("quietharbour",))), wheel("quietharbour")
    stage.index.add(*packages)
    stage.ground.write("requirements.txt", "".join(f"{built.pin}\n" for built in packages))
    return ("--require-hashes", "-r", "requirements.txt")


@order(rare=True)
def _sources_inside_requirements(stage: Stage) -> Words:
    stage.other.add(wheel("quietharbour"))
    stage.index.add(wheel("mossgarden"))
    wheel("oldlantern").write(stage.ground.project / "links")
    stage.ground.write(
        "requirements.txt",
        f"--extra-index-url {stage.other.url}\n--find-links links\nmossgarden\nquietharbour\noldlantern\n",
    )
    return ("-r", "requirements.txt")


# --- files and addresses --------------------------------------------------------------------------------------------


@order()
def _a_local_wheel(stage: Stage) -> Words:
    stage.index.add(wheel("quietharbour"))
    built = wheel("mossgarden", about=About(requires=("quietharbour",)))
    built.write(stage.ground.project)
    return (f"./{built.filename}",)


@order(rare=True)
def _a_local_sdist(stage: Stage) -> Words:
    stage.index.add(backends.backend_wheel())
    built = backends.project_sdist("mossgarden")
    built.write(stage.ground.project)
    return (built.filename,)


@order(rare=True)
def _a_local_wheel_inside_requirements(stage: Stage) -> Words:
    built = wheel("mossgarden")
    built.write(stage.ground.project / "files")
    stage.ground.write("requirements.txt", f"./files/{built.filename}\n")
    return ("-r", "requirements.txt")


@order()
def _the_address_of_a_wheel(stage: Stage) -> Words:
    built = wheel("mossgarden")
    stage.other.add(built)
    return (stage.other.file_url(built),)


@order(rare=True)
def _a_name_at_the_address_of_an_sdist(stage: Stage) -> Words:
    built = backends.tree_sdist("mossgarden")
    stage.other.add(built)
    return (f"mossgarden @ {stage.other.file_url(built)}#sha256={built.sha256}",)


@order(rare=True)
def _find_links_without_an_index(stage: Stage) -> Words:
    for built in (wheel("mossgarden", about=About(requires=("quietharbour",))), wheel("quietharbour")):
        built.write(stage.ground.project / "links")
    return ("--no-index", "--find-links", "links", "mossgarden")


# --- places ---------------------------------------------------------------------------------------------------------


@order()
def _into_a_target_folder(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", about=GREETING))
    return ("--target", "vendored", "--no-compile", "mossgarden")  # compiled files would hold a temporary path


@order(rare=True)
def _into_a_prefix_without_compiling(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", about=GREETING))
    return ("--prefix", "prefix", "--no-compile", "mossgarden")


@order(user_site=True)
def _for_the_user(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", about=GREETING))
    return ("--user", "mossgarden")


# --- builds ---------------------------------------------------------------------------------------------------------


@order()
def _an_sdist_with_a_setup_py(stage: Stage) -> Words:
    about = About(requires=("quietharbour",), entry_points={"greet-moss": "mossgarden:main"})
    stage.index.add(*served_build_tools(), sdist("mossgarden", about=about), wheel("quietharbour"))
    return ("mossgarden",)


@order()
def _an_sdist_that_does_not_say_what_it_needs(stage: Stage) -> Words:
    stage.index.add(
        backends.tree_sdist("mossgarden", static=None, about=About(requires=("quietharbour",))), wheel("quietharbour")
    )
    return ("mossgarden",)


@order()
def _an_sdist_with_a_backend_from_the_index(stage: Stage) -> Words:
    stage.index.add(backends.project_sdist("mossgarden"), backends.backend_wheel())
    return ("mossgarden",)


@order(rare=True)
def _an_sdist_although_there_is_a_wheel(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"), backends.tree_sdist("mossgarden"))
    return ("--no-binary", ":all:", "mossgarden")


@order(build_tools_inside=True)
def _a_c_extension_without_isolation(stage: Stage) -> Words:
    stage.index.add(sdist("mossgarden", files=c_extension_files("mossgarden")))
    return ("--no-build-isolation", "mossgarden")


@order(verb="download", rare=True)
def _download(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", about=About(requires=("quietharbour",))), backends.tree_sdist("quietharbour"))
    return ("-d", "downloaded", "mossgarden")


@order(verb="wheel", rare=True)
def _wheel(stage: Stage) -> Words:
    stage.index.add(backends.tree_sdist("mossgarden", about=About(requires=("quietharbour",))), wheel("quietharbour"))
    return ("-w", "wheels", "mossgarden")


# --- the own tree ---------------------------------------------------------------------------------------------------


@order(rare=True)
def _the_own_tree(stage: Stage) -> Words:
    stage.index.add(backends.backend_wheel(), wheel("quietharbour"))
    stage.ground.write_tree(backends.project("mossgarden", about=About(requires=("quietharbour",))))
    return (".",)


@order()
def _the_own_tree_editable(stage: Stage) -> Words:
    stage.index.add(backends.backend_wheel(), wheel("quietharbour"))
    stage.ground.write_tree(backends.project("mossgarden", about=About(requires=("quietharbour",))))
    return ("-e", ".")


@order(build_tools_inside=True, rare=True)
def _the_own_tree_of_setuptools_editable(stage: Stage) -> Words:
    stage.ground.write_tree(setup_files("mossgarden"))
    return ("--no-build-isolation", "-e", ".")


@order(rare=True)
def _a_typed_path_with_an_extra(stage: Stage) -> Words:
    stage.index.add(wheel("quietharbour"))
    stage.ground.write_tree(backends.tree("mossgarden", about=About(extras={"fast": ("quietharbour",)})), "trees/moss")
    return ("./trees/moss[fast]",)
