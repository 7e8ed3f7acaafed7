package bucket

import (
	"cmp"
	"fmt"
	"slices"

	"offscope/jsontree"
	"offscope/source"
)

// The keys that are read, for suggestions, and those that are passed over in silence because they are bookkeeping of the
// service and change nothing about a run.
var (
	testKeys = []string{
		"name", "description", "trigger_url", "steps", "version", "id", "environments", "default_environment_id",
		"is_skipped_at_bucket_level",
	}
	testBookkeeping = []string{
		"exported_at", "created_at", "created_by", "updated_at", "last_run", "last_run_created_at", "schedules",
		"collections", "step_count", "test_usage_90_days", "test_usage_billing_period",
	}
	bucketKeys        = []string{"key", "name", "tests", "shared_environments"}
	bucketBookkeeping = []string{
		"auth_token", "default", "team", "verify_ssl", "trigger_url", "tests_url", "collections_url", "messages_url", "id",
		"created_at", "created_by",
	}
	stepKeys        = []string{"step_type", "skipped", "note", "id"}
	stepBookkeeping = []string{"rank", "request_id", "trigger_token", "created_at", "updated_at"}
	checkKeys       = []string{"assertions", "variables", "scripts", "before_scripts"}
	requestKeys     = []string{
		"method", "url", "headers", "auth", "body", "form", "fragment", "multipart_form", "binary_body", "graphql_body",
	}
	pairKeys      = []string{"name", "key", "value"}
	pauseKeys     = []string{"duration"}
	conditionKeys = []string{"comparison", "left_value", "right_value", "steps"}
	subtestKeys   = []string{"test_uuid", "bucket_key", "environment_uuid", "use_parent_environment", "params"}
	inboundKeys   = []string{"token", "isDynamicUrl"}
	assertionKeys = []string{"source", "comparison", "property", "value"}
	variableKeys  = []string{"source", "property", "name"}
)

// mayHoldSteps reports whether a key of a condition or a loop that is not known was perhaps meant to hold steps.
func mayHoldSteps(f field) bool {
	return isObjectList(f.Value) || holdsSteps(f.Value) || suggest(f, conditionKeys) == "steps"
}

// holdsSteps reports whether there is a step in v, however deep.
func holdsSteps(v *jsontree.Value) bool {
	return holds(v, func(v *jsontree.Value) bool { return v.Get("step_type") != nil })
}

func isObjectList(v *jsontree.Value) bool {
	return slices.ContainsFunc(v.Items, func(item *jsontree.Value) bool { return item.Kind == jsontree.Object })
}

// unknownKey speaks of a key of a step or a row that is not read. One that says something changes what is sent or checked, as
// far as anybody knows, so that it is a warning; one that is empty or off is a notice.
func (r *reader) unknownKey(f field, known ...[]string) {
	severity := source.Notice
	if !isBlank(f.Value) && f.Value.Kind != jsontree.False {
		severity = source.Warning
	}
	r.notKnown(f, severity, slices.Concat(known...))
}

// unknownHeadKey notes a key of a test or a bucket that is not read. The service keeps adding bookkeeping of its own there. Checks
// stand in steps, and what every request of a test has is said by an environment: of both something would be lost.
func (r *reader) unknownHeadKey(f field, known []string) {
	d := r.unread(f)
	inEnvironment := slices.Contains(settingsOfTests, oneWord(f.Name))
	switch lost := checksMeant(f); {
	case holdsSteps(f.Value), isBlank(f.Value):
		r.notKnown(f, source.Notice, known)
		return
	case f.Name == "pre_request_scripts", f.Name == "post_response_scripts":
		d.Hint = environmentSays
	case inEnvironment && holds(f.Value, isVariableRow):
		d.Hint = checksStandInSteps
	case inEnvironment && f.Value.Kind == jsontree.False && f.Name != "verify_ssl":
		d.Severity = source.Notice
	case inEnvironment:
		d.Severity, d.Hint = source.Warning, environmentSays
	case lost != "":
		d.Hint = checksStandInSteps
	default:
		r.notKnown(f, source.Notice, known)
		return
	}
	r.once(d)
}

// settingsOfTests are settings of environments that somebody could look for in a test, each in one word.
var settingsOfTests = []string{
	"initialvariables", "variables", "script", "initialscript", "initialscriptfile", "scriptlibrary", "secrets", "headers", "auth",
	"verifyssl", "preservecookies", "stoponfailure", "httpversionsupport", "forceh2c", "proxy", "clientcertificate",
}

const (
	environmentSays    = "an environment says that: write it into a file, and give that with -e"
	checksStandInSteps = "checks stand in a step: a test has none of its own"
)

// notKnown says that a key is not read. One that is nearly a known key, or what a known key is called elsewhere, is probably a
// mistake, and what it says is lost: that is a warning, and an error where checks or steps are lost, since a run without them
// would pass for the wrong reason.
func (r *reader) notKnown(f field, severity source.Severity, known []string) {
	d := r.unread(f)
	d.Severity = severity
	if near := suggest(f, known); near != "" {
		d.Severity, d.Hint = source.Warning, fmt.Sprintf("did you mean %q?", near)
		if slices.Contains(checkKeys, near) && !isBlank(f.Value) {
			d.Severity = source.Error
		}
	}
	inContainer := slices.Contains(known, "left_value")
	if holdsSteps(f.Value) || inContainer && isObjectList(f.Value) {
		d.Severity, d.Hint = source.Error, cmp.Or(d.Hint, whereStepsGo(inContainer))
	}
	r.once(d)
}

// unread says of a key that it is not read: an error, unless told otherwise.
func (r *reader) unread(f field) source.Diagnostic {
	return source.Diagnostic{
		Code:    "unknown-key",
		Place:   f.NamePlace(r.file),
		Message: fmt.Sprintf("the key %s of %s is not known and has no effect", quote(f.Name), f.owner),
	}
}

func whereStepsGo(inContainer bool) string {
	if inContainer {
		return `only "steps" are run: move them there, or into a condition of their own`
	}
	return "steps stand in the list of a test, a condition or a loop"
}
