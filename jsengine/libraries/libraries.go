// Package libraries holds the script libraries of the hosted service as text, for jsengine to compile. Begin with
// [Source].
//
// The texts come from npm packages with a lock file: build.mjs bundles them into dist, which is embedded here and
// not committed. A binary built without that step has no libraries, and says so through [Available].
//
// # Instantiating a library
//
// Every text is one JavaScript expression in parentheses, a function that makes a new instance of the library and
// returns its exports:
//
//	(function (require, global) { … return module.exports; })
//
// Compile it once (with source maps off), run the program in a VM to get the function, and call it with the
// VM's global object as global. It creates no globals, and does not look at a script's own window, self or define.
// It returns:
//
//	chai              the chai object (assert, expect, should(), use, config, util, …)
//	chai-assertions, chai-assert, chai-loupe
//	                  parts of chai, which asks for them: see below
//	underscore        the _ function
//	moment            the moment function
//	crypto-js         the CryptoJS object
//	chai-json-schema  a plugin: pass it to chai.use; adds jsonSchema, notJsonSchema and chai.tv4
//	chai-fuzzy        a plugin: pass it to chai.use; adds like, containOneLike and jsonOf
//
// The plugins call chai's own assert while they install, and keep the assert object they find: wrap assert, if at
// all, after chai.use.
//
// These texts call require; it gets one name, and throws for any other:
//
//	chai           require("./chai/core/assertions"), require("./chai/interface/assert"), require("loupe")
//	                                        the VM's chai-assertions, chai-assert and chai-loupe. Chai is in parts so
//	                                        that they can be compiled at the same time.
//	chai-fuzzy     require("underscore")    the VM's underscore
//	moment         require("./locale/xx")   run MomentLocale("xx") in the VM; throws when there is none. Moment asks
//	                                        on the first use of a locale, and keeps the instance's current locale.
//	MomentLocale   require("../moment")     the VM's moment, where the locale then registers itself
//
// The others take undefined for require. Instances share nothing: a fresh VM gets fresh prototypes.
package libraries

import (
	"embed"
	"slices"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// names are the libraries that Source knows.
var names = []string{"chai", "chai-assertions", "chai-assert", "chai-loupe", "underscore", "moment", "crypto-js", "chai-json-schema", "chai-fuzzy"}

// Source returns the text of a library: "chai", "underscore", "moment", "crypto-js", "chai-json-schema" or
// "chai-fuzzy", at the versions that the vendor's page of included libraries names. It is false for another name, and for
// every name in a binary built without script libraries. The package comment says how to run a text.
func Source(name string) (text string, ok bool) {
	if !slices.Contains(names, name) {
		return "", false
	}
	return read(name + ".js")
}

// MomentLocale returns the text of one of Moment's locales, such as "de" or "pt-br"; the package comment says how to
// run it. It is false when Moment has none of that name ("en" is part of Moment itself), or none is built in.
func MomentLocale(name string) (text string, ok bool) {
	return read("moment-locale/" + name + ".js")
}

// MomentLocales returns the names that MomentLocale knows, sorted; none in a binary built without script libraries.
func MomentLocales() []string {
	entries, err := dist.ReadDir("dist/moment-locale")
	if err != nil {
		return nil
	}
	locales := make([]string, len(entries))
	for i, entry := range entries {
		locales[i] = strings.TrimSuffix(entry.Name(), ".js")
	}
	slices.Sort(locales)
	return locales
}

// Available says whether this binary was built with the script libraries, all of them.
func Available() bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		_, ok := Source(name)
		return !ok
	})
}

// Licenses returns the licence texts of everything the libraries contain, for display; "" in a binary built without
// them.
func Licenses() string {
	text, _ := read("LICENSES.txt")
	return text
}

func read(name string) (string, bool) {
	text, err := dist.ReadFile("dist/" + name)
	return string(text), err == nil
}
