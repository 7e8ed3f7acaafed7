package bucket

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// tests reads a list of tests, each of which may turn out to be something else.
func (r *reader) tests(items []*jsontree.Value, bucket *bucketHead) []*Test {
	var tests []*Test
	for _, v := range items {
		if !r.isObject(v, "a test") || r.refused(v) {
			continue
		}
		tests = append(tests, r.test(v, bucket))
	}
	return tests
}

// test reads one test object.
func (r *reader) test(v *jsontree.Value, bucket *bucketHead) *Test {
	t := &Test{Place: r.place(v), Bucket: bucket.Name, BucketKey: bucket.Key}
	for f := range r.fields(v, "a test") {
		r.testKey(t, f)
	}
	r.named(t, v)
	if steps := v.Get("steps"); steps == nil || isEmpty(steps) {
		r.stepless(v)
	}
	return t
}

func (r *reader) testKey(t *Test, f field) {
	switch f.Name {
	case "name":
		t.Name = r.scalar(f)
	case "description":
		t.Description = r.scalar(f)
	case "id":
		t.ID = r.id(f)
	case "trigger_url":
		t.TriggerURL = r.text(f).Value
	case "default_environment_id":
		t.DefaultEnvironmentID = r.id(f)
	case "is_skipped_at_bucket_level":
		t.BucketSkipped = r.flag(f)
	case "steps":
		t.Steps = r.steps(f)
	case "environments":
		t.Environments = r.embedded(f, t.BucketKey)
	case "version":
		r.version(f)
	default:
		if !slices.Contains(testBookkeeping, f.Name) {
			r.unknownHeadKey(f, testKeys)
		}
	}
}

// version warns of an export of another generation. Only "1.0" was ever seen.
func (r *reader) version(f field) {
	if text := r.scalar(f).Value; text != "" && text != "1.0" && text != "1" {
		r.warn("version", f.Value, fmt.Sprintf("the export has the version %s, and only 1.0 is known", quote(text)), "look at what inspect finds in it")
	}
}

// named gives a test without a name the name of its file.
func (r *reader) named(t *Test, v *jsontree.Value) {
	if strings.TrimSpace(t.Name.Value) != "" {
		return
	}
	at := t.Name.Place
	t.Name = source.Opaque(r.baseName(), at)
	if name := v.Get("name"); name == nil || isScalar(name) {
		r.warn("no-name", v, fmt.Sprintf("the test has no name and goes by %s", quote(t.Name.Value)), `add "name"`)
	}
}

func (r *reader) baseName() string { return filepath.Base(r.file.Name) }

func (r *reader) stepless(v *jsontree.Value) {
	r.fail("no-steps", v, "a test needs at least one step, and this one has none", "export the test again, or add \"steps\"")
}

// stepList reads the steps of a test as the API lists them: without the test around them.
func (r *reader) stepList(v *jsontree.Value) *Test {
	return &Test{
		Place: r.place(v),
		Name:  source.Opaque(r.baseName(), source.Place{}),
		Steps: r.steps(field{jsontree.Member{Name: "steps", Value: v}, "a list of steps"}),
	}
}

// A bucketHead is what a backup says of a bucket besides its tests.
type bucketHead struct {
	Name, Key string
}

// backup reads a list of buckets as a backup tool writes it.
func (r *reader) backup(d *Document, buckets []*jsontree.Value) {
	for _, v := range buckets {
		if r.isObject(v, "a bucket") {
			r.bucket(d, v)
		}
	}
	if len(buckets) > 1 {
		d.Name, d.Key = "", ""
	}
}

func (r *reader) bucket(d *Document, v *jsontree.Value) {
	head := r.bucketHead(v)
	d.Name, d.Key = head.Name, head.Key
	for f := range r.fields(v, "a bucket") {
		switch f.Name {
		case "key", "name":
		case "tests":
			d.Tests = append(d.Tests, r.tests(r.list(f), head)...)
		case "shared_environments":
			d.Environments = append(d.Environments, r.embedded(f, head.Key)...)
		default:
			if !slices.Contains(bucketBookkeeping, f.Name) {
				r.unknownHeadKey(f, bucketKeys)
			}
		}
	}
}

// bucketHead reads name and key first, since everything in the bucket bears them.
func (r *reader) bucketHead(v *jsontree.Value) *bucketHead {
	head := &bucketHead{}
	read := func(name string) string {
		if value := v.Get(name); value != nil {
			return r.id(field{jsontree.Member{Name: name, Value: value}, "a bucket"})
		}
		return ""
	}
	head.Name, head.Key = read("name"), read("key")
	return head
}

// embedded reads the environments that stand beside tests.
func (r *reader) embedded(f field, bucketKey string) []*Environment {
	var environments []*Environment
	for _, v := range r.objects(f, "an environment") {
		e := r.environment(v, false)
		e.BucketKey = bucketKey
		environments = append(environments, e)
	}
	return environments
}
