# vvault: the extension by PGXS, everything else by CMake.
#   make && make install      the extension, against the pg_config on the PATH
#   make run                  a vault of your own and its gateway, in the foreground
#   make test                 everything, in throw-away clusters
#   make demo                 the chat page of clients/demo, with npm
#   make bench                figures, as ratios of one run

EXTENSION = vvault
VVAULT_VERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" vvault.control)
MODULE_big = vvault
DATA_built = vvault--$(VVAULT_VERSION).sql

CORE_OBJS = $(patsubst %.cpp,%.o,$(sort $(wildcard extension/core/*.cpp)))
OBJS = extension/module.o $(CORE_OBJS) \
       $(patsubst %.cpp,%.o,$(sort $(wildcard extension/pg/*.cpp extension/functions/*.cpp)))

# The backend's headers use "register" and offsets that C++20 warns about.
PG_CPPFLAGS = -Iextension
PG_CXXFLAGS = -std=c++20 -O2 -Wall -Wextra -Wno-register -Wno-volatile \
              -Wno-unused-parameter -Wno-sign-compare -fno-strict-aliasing -MMD -MP
SHLIB_LINK = -lsodium -lcrypto -lzstd -lstdc++ -Wl,--version-script=extension/exports.map

# install makes the vault that the others ask.
REGRESS = install $(filter-out install,$(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql))))
REGRESS_OPTS = --inputdir=. --load-extension=pgcrypto
ISOLATION = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=test/isolation

EXTRA_CLEAN = $(OBJS:.o=.d) vvault--*.sql build results regression.diffs regression.out \
              test/isolation/results test/isolation/output_iso

PG_CONFIG ?= pg_config
# Bitcode for JIT inlining buys functions over bytes nothing.
override with_llvm = no
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifneq ($(PGXS),)
include $(PGXS)
endif

-include $(OBJS:.o=.d)

SCHEMA = $(sort $(wildcard extension/sql/schema/*.sql))
SCHEMA_TABLES = $(filter %_tables.sql,$(SCHEMA))
SCHEMA_RULES = $(filter-out $(SCHEMA_TABLES),$(SCHEMA))
INSTALL_SQL = $(sort $(wildcard extension/sql/install/*.sql))

vvault--$(VVAULT_VERSION).sql: $(INSTALL_SQL) $(SCHEMA) extension/sql/assemble.sh vvault.control
	extension/sql/assemble.sh "$(SCHEMA_TABLES)" "$(SCHEMA_RULES)" $(INSTALL_SQL) > $@.draft
	mv $@.draft $@

.PHONY: run test bench demo format
run:
	tools/run.sh

test:
	test/run

# The chat page that the gateway serves at /demo/ (VVAULT_DEMO_DIR, doc/gateway.md).
DEMO_SOURCES = $(wildcard clients/demo/src/* clients/demo/*.js* clients/typescript/src/*.ts)
demo: clients/demo/dist/index.html
clients/demo/dist/index.html: $(DEMO_SOURCES)
	npm ci --prefix clients/demo --ignore-scripts --no-audit --no-fund
	npm run build --prefix clients/demo

bench:
	test/bench/run.py

format:
	clang-format -i $$(git ls-files '*.cpp' '*.hpp')
