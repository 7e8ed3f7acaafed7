package libraries_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
	"github.com/google/go-cmp/cmp"

	"offscope/jsengine/libraries"
)

// library names a text in a message and gives it.
type library struct {
	name string
	text string
}

// mustSource fails, rather than skips: a suite that never saw the libraries proves nothing about them.
func mustSource(tb testing.TB, name string) library {
	tb.Helper()
	text, ok := libraries.Source(name)
	if !ok {
		tb.Fatalf("built without script library %s: run make build", name)
	}
	return library{name: name + ".js", text: text}
}

// programs keeps what was compiled, because compiling is most of the cost of a library.
var programs sync.Map

func (l library) compile() (*goja.Program, error) {
	if program, ok := programs.Load(l.name); ok {
		return program.(*goja.Program), nil
	}
	program, err := l.compileAnew()
	if err == nil {
		programs.Store(l.name, program)
	}
	return program, err
}

func (l library) compileAnew() (*goja.Program, error) {
	tree, err := goja.Parse(l.name, l.text, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, err
	}
	return goja.CompileAST(tree, false)
}

// instantiate does what the package comment tells a user of a text to do.
func (l library) instantiate(vm *goja.Runtime, require goja.Value) (goja.Value, error) {
	program, err := l.compile()
	if err != nil {
		return nil, err
	}
	value, err := vm.RunProgram(program)
	if err != nil {
		return nil, err
	}
	instance, ok := goja.AssertFunction(value)
	if !ok {
		return nil, fmt.Errorf("%s is not a function but %s", l.name, value)
	}
	return instance(goja.Undefined(), require, vm.GlobalObject())
}

// room is a VM with every library in it, filled as the package comment says.
type room struct {
	tb     testing.TB
	vm     *goja.Runtime
	loaded map[string]goja.Value
}

// newVM returns a VM with every library in it, the plugins installed. The script before runs first.
func newVM(tb testing.TB, before string) *goja.Runtime {
	tb.Helper()
	r := room{tb: tb, vm: goja.New(), loaded: map[string]goja.Value{}}
	r.run(before)
	for name, part := range map[string]string{"./chai/core/assertions": "chai-assertions", "./chai/interface/assert": "chai-assert", "loupe": "chai-loupe"} {
		r.add("part", part, r.vm.ToValue(r.require))
		r.loaded[name] = r.loaded[part]
	}
	r.run("delete part")
	r.add("chai", "chai", r.vm.ToValue(r.require))
	r.add("_", "underscore", goja.Undefined())
	r.add("CryptoJS", "crypto-js", goja.Undefined())
	r.add("moment", "moment", r.vm.ToValue(r.require))
	r.loaded["../moment"] = r.loaded["moment"]
	r.add("plugin", "chai-json-schema", goja.Undefined())
	r.run("chai.use(plugin)")
	r.add("plugin", "chai-fuzzy", r.vm.ToValue(r.require))
	r.run("chai.use(plugin); delete plugin")
	r.run("var assert = chai.assert, expect = chai.expect; chai.should()")
	return r.vm
}

func (r room) run(script string) {
	r.tb.Helper()
	if _, err := r.vm.RunString(script); err != nil {
		r.tb.Fatal(err)
	}
}

func (r room) add(global, name string, require goja.Value) {
	r.tb.Helper()
	exports, err := mustSource(r.tb, name).instantiate(r.vm, require)
	if err != nil {
		r.tb.Fatal(err)
	}
	r.loaded[name] = exports
	if err := r.vm.Set(global, exports); err != nil {
		r.tb.Fatal(err)
	}
}

// require is what the libraries get as require; what it panics with is thrown in the script.
func (r room) require(name string) goja.Value {
	if value, ok := r.loaded[name]; ok {
		return value
	}
	locale, _ := strings.CutPrefix(name, "./locale/")
	text, ok := libraries.MomentLocale(locale)
	if !ok {
		panic(r.vm.NewTypeError("no library %q", name))
	}
	value, err := library{"moment-locale/" + locale + ".js", text}.instantiate(r.vm, r.vm.ToValue(r.require))
	if err != nil {
		panic(r.vm.NewGoError(err))
	}
	return value
}

// row is a script and what its value is as text; for a script that throws, the text of what it throws.
type row struct {
	name   string
	script string
	want   string
}

func (r row) run(t *testing.T, vm *goja.Runtime) {
	t.Helper()
	got, err := vm.RunScript(r.name, "try { String("+r.script+") } catch (thrown) { String(thrown) }")
	if err != nil {
		t.Errorf("%s: %v", r.name, err)
		return
	}
	if diff := cmp.Diff(r.want, got.String()); diff != "" {
		t.Errorf("%s: %s (-want +got)\n%s", r.name, r.script, diff)
	}
}

func runAll(t *testing.T, rows []row) {
	t.Helper()
	vm := newVM(t, "")
	for _, r := range rows {
		r.run(t, vm)
	}
}

func TestChai(t *testing.T) {
	t.Parallel()
	runAll(t, []row{
		{"ok_version", `chai.version`, "4.3.8"},
		{"ok_assert", `assert("text", "message")`, "undefined"},
		{"ok_assert_methods", `[assert.ok(true), assert.notEqual(1, 2), assert.include([1], 1)].length`, "3"},
		{"ok_expect", `(expect({a: [1]}).to.deep.equal({a: [1]}), "passed")`, "passed"},
		{"ok_should", `("abc".should.have.lengthOf(3), "passed")`, "passed"},
		{"ok_nested_property", `(assert.nestedProperty({a: {b: 1}}, "a.b"), "passed")`, "passed"},
		{"ok_deep_property_is_gone", `typeof assert.deepProperty + typeof assert.notDeepProperty`, "undefinedundefined"},
		{"ok_truncation_can_be_off", `chai.config.truncateThreshold = 0`, "0"},
		{"fail_assert", `assert(false, "no user")`, "AssertionError: no user"},
		{"fail_equal", `assert.equal(200, 404, "status")`, "AssertionError: status: expected 200 to equal 404"},
		{"fail_type", `assert.typeOf(undefined, "string")`, "AssertionError: expected undefined to be a string"},
		{"fail_deep_equal", `expect({a: 1}).to.deep.equal({a: 2})`, "AssertionError: expected { a: 1 } to deeply equal { a: 2 }"},
		{"fail_should", `(5).should.be.above(6)`, "AssertionError: expected 5 to be above 6"},
		{"fail_typo", `expect(1).to.eqaul`, "Error: Invalid Chai property: eqaul. Did you mean \"equal\"?"},
	})
}

func TestChaiJSONSchema(t *testing.T) {
	t.Parallel()
	const schema = `{title: "user", type: "object", required: ["id"], properties: {id: {type: "string"}}}`
	runAll(t, []row{
		{"ok_assert", `(assert.jsonSchema({id: "7"}, ` + schema + `), "passed")`, "passed"},
		{"ok_expect", `(expect({id: "7"}).to.be.jsonSchema(` + schema + `), "passed")`, "passed"},
		{"ok_not", `(assert.notJsonSchema({}, ` + schema + `), "passed")`, "passed"},
		{"fail_missing", `assert.jsonSchema({}, ` + schema + `)`,
			"AssertionError: expected value to match json-schema 'user' -> '{}'\n" +
				"      Missing required property: id\n          schema: user\n          rule:   /required/0 -> \"id\""},
		{"fail_type", `expect({id: 7}).to.be.jsonSchema(` + schema + `)`,
			"AssertionError: expected value to match json-schema 'user' -> '{\"id\":7}'\n" +
				"      invalid type: number (expected string)\n          schema: user\n" +
				"          rule:   /properties/id/type -> \"string\"\n          field:  /id -> number: 7"},
		{"fail_unknown_reference", `assert.jsonSchema({}, {$ref: "http://127.0.0.1/none"})`,
			"AssertionError: expected value to match json-schema '{\"$ref\":\"http://127.0.0.1/none...' -> '{}'\n" +
				"missing 1 schema: http://127.0.0.1/none"},
	})
}

func TestChaiFuzzy(t *testing.T) {
	t.Parallel()
	runAll(t, []row{
		{"ok_like", `(expect({a: 1, b: [2]}).to.be.like({b: [2], a: 1}), "passed")`, "passed"},
		{"ok_not_like", `(assert.notLike({a: 1}, {a: 2}), "passed")`, "passed"},
		{"ok_contain_one_like", `(expect([{a: 1}, {a: 2}]).to.containOneLike({a: 2}), "passed")`, "passed"},
		{"ok_json_of", `(expect({a: 1}).to.be.jsonOf({a: 1, b: undefined}), "passed")`, "passed"},
		{"fail_like", `expect({a: 1}).to.be.like({a: 2})`, "AssertionError: expected { a: 1 } to be like { a: 2 }"},
		{"fail_contain", `assert.containOneLike([1], 2)`, "AssertionError: expected [ 1 ] to contain one thing like 2"},
	})
}

func TestUnderscore(t *testing.T) {
	t.Parallel()
	runAll(t, []row{
		{"ok_version", `_.VERSION`, "1.13.6"},
		{"ok_pluck", `_.pluck([{id: 1}, {id: 2}], "id")`, "1,2"},
		{"ok_chain", `_.chain([3, 1, 2]).sortBy().last().value()`, "3"},
		{"ok_template", `_.template("Hello <%= name %>")({name: "Ann"})`, "Hello Ann"},
		{"ok_matches", `_.filter([{a: 1, b: 2}, {a: 2}], _.matches({a: 2})).length`, "1"},
	})
}

func TestMoment(t *testing.T) {
	t.Parallel()
	runAll(t, []row{
		{"ok_version", `moment.version`, "2.29.4"},
		{"ok_format", `moment.utc("2023-02-28T23:59:58Z").add(2, "seconds").format("dddd D MMMM YYYY HH:mm:ss")`,
			"Wednesday 1 March 2023 00:00:00"},
		{"ok_strict", `moment("31.02.2023", "DD.MM.YYYY", true).isValid()`, "false"},
		{"ok_locale_of_one", `moment.utc(0).locale("de").format("LLLL")`, "Donnerstag, 1. Januar 1970 00:00"},
		{"ok_current_locale_is_kept", `moment.locale()`, "en"},
		{"ok_region", `moment.utc(0).locale("pt-BR").format("MMMM")`, "janeiro"},
		{"ok_region_falls_back", `moment.utc(0).locale("de-LI").format("MMMM")`, "Januar"},
		{"ok_unknown_locale", `moment.utc(0).locale("none").format("MMMM")`, "January"},
		{"ok_current_locale", `moment.locale("fr") + " " + moment.utc(0).format("MMMM")`, "fr janvier"},
	})
}

func TestMomentLocalesAllLoad(t *testing.T) {
	t.Parallel()
	locales := libraries.MomentLocales()
	if len(locales) < 130 || !slices.IsSorted(locales) {
		t.Fatalf("%d locales: want all of moment's, sorted (built without script libraries? run make build)", len(locales))
	}
	vm := newVM(t, "")
	for _, name := range locales {
		row{name, `moment.utc(0).locale("` + name + `").locale()`, name}.run(t, vm)
	}
}

func TestCryptoJS(t *testing.T) {
	t.Parallel()
	const fox = `"The quick brown fox jumps over the lazy dog"`
	const hex = `CryptoJS.enc.Hex.parse`
	runAll(t, []row{
		{"ok_md5", `CryptoJS.MD5("")`, "d41d8cd98f00b204e9800998ecf8427e"},
		{"ok_sha1", `CryptoJS.SHA1("abc")`, "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"ok_sha256", `CryptoJS.SHA256("abc")`, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"ok_hmac_sha1", `CryptoJS.HmacSHA1(` + fox + `, "key")`, "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"},
		{"ok_hmac_sha256", `CryptoJS.HmacSHA256(` + fox + `, "key")`,
			"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"},
		{"ok_base64", `CryptoJS.SHA1("abc").toString(CryptoJS.enc.Base64)`, "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
		{"ok_utf8", `CryptoJS.enc.Utf8.stringify(CryptoJS.enc.Base64.parse("w7zigqw="))`, "ü€"},
		{"ok_latin1", `CryptoJS.enc.Latin1.parse("ü")`, "fc"},
		// NIST SP 800-38A, F.2.1: the first block.
		{"ok_aes_cbc", `CryptoJS.AES.encrypt(` + hex + `("6bc1bee22e409f96e93d7e117393172a"), ` +
			hex + `("2b7e151628aed2a6abf7158809cf4f3c"), {iv: ` + hex + `("000102030405060708090a0b0c0d0e0f")}
			).ciphertext.toString().slice(0, 32)`,
			"7649abac8119b246cee98e9b12e9197d"},
		{"ok_aes_round_trip", `CryptoJS.AES.decrypt(CryptoJS.AES.encrypt("grüße", "pass").toString(), "pass").toString(CryptoJS.enc.Utf8)`,
			"grüße"},
		// Made by: openssl enc -aes-256-cbc -md md5 -pass pass:open-sesame -S 0102030405060708
		{"ok_aes_of_openssl", `CryptoJS.AES.decrypt("U2FsdGVkX18BAgMEBQYHCGP0lkvaImt7ZTqkJ5IlNnzlb72ddA7GOIyO5tfL0zou",
			"open-sesame").toString(CryptoJS.enc.Utf8)`, "a secret from openssl"},
		{"ok_only_the_documented_algorithms", `Object.keys(CryptoJS).sort()`,
			"AES,EvpKDF,HmacMD5,HmacSHA1,HmacSHA256,MD5,SHA1,SHA256,algo,enc,format,kdf,lib,mode,pad"},
		{"ok_only_their_parts", `["algo", "enc", "format", "kdf", "mode", "pad"].map(
			function (part) { return part + ": " + Object.keys(CryptoJS[part]).sort().join(" "); }).join("; ")`,
			"algo: AES EvpKDF HMAC MD5 SHA1 SHA256; enc: Base64 Hex Latin1 Utf8; format: OpenSSL; kdf: OpenSSL; mode: CBC; pad: Pkcs7"},
	})
}

func TestLibrariesTouchNothingElse(t *testing.T) {
	t.Parallel()
	before := `var window = {_: function () {}}, self = {}, define = function () { throw Error("defined"); };
		define.amd = true; var module = 1, exports = 2, process = 3, root = 4, util = 5;
		var known = Object.getOwnPropertyNames(this).concat("chai", "_", "CryptoJS", "moment", "assert", "expect")`
	vm := newVM(t, before)
	for _, r := range []row{
		{"ok_no_globals", `Object.getOwnPropertyNames(this).filter(function (name) { return known.indexOf(name) < 0; })`, ""},
		{"ok_script_variables", `Object.keys(window) + Object.keys(self) + module + exports + process + root + util`, "_12345"},
		{"ok_only_should_on_objects", `Object.keys(Object.prototype) + typeof Object.prototype.should`, "object"},
		{"ok_fuzzy_uses_ours", `(expect({a: 1}).to.be.like({a: 1}), "passed")`, "passed"},
	} {
		r.run(t, vm)
	}
}

func TestTextsNameNoSourceMap(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"chai", "underscore", "moment", "crypto-js", "chai-json-schema", "chai-fuzzy"} {
		if l := mustSource(t, name); strings.Contains(l.text, "sourceMappingURL") {
			t.Errorf("%s has a source map comment", l.name)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "lodash", "README", "moment-locale/de", "../chai", "LICENSES.txt"} {
		if _, ok := libraries.Source(name); ok {
			t.Errorf("there is a library %q", name)
		}
		if _, ok := libraries.MomentLocale(name); ok {
			t.Errorf("there is a locale %q", name)
		}
	}
}

func TestLicensesNameEveryPackage(t *testing.T) {
	t.Parallel()
	if !libraries.Available() {
		t.Fatal("built without script libraries: run make build")
	}
	text := libraries.Licenses()
	for _, want := range []string{
		"chai 4.3.8", "assertion-error 1.1.0", "chai-json-schema 1.1.0", "chai-fuzzy 1.6.1", "crypto-js 3.1.2-5", "deep-eql",
		"jsonpointer.js 0.3.0", "moment 2.29.4", "tv4 1.0.18", "underscore 1.13.6", "Jeff Mott", "Geraint Luff",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the licences do not name %s", want)
		}
	}
	if strings.Contains(text, "esbuild") {
		t.Error("the licences name esbuild, which is not in the binary")
	}
}
