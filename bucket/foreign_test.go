package bucket

import (
	"testing"

	"offscope/source"
)

func TestResultsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"data":{"test_run_id":"x","requests":[]}}`,
		`{"data":{"test_run_id":"x","requests":[]},"meta":{"status":"success"}}`,
		`{"test_run_id":"x","requests":[]}`,
		`{"result":"pass","requests":[{"url":"/","result":"pass"}]}`,
		`{"data":{"result":"fail","requests":[]}}`,
		`{"test_run_uuid":"x","result":"pass","requests":[]}`,
		`{"data":{"runs":[{"test_run_id":"x"}],"runs_started":1}}`,
		`[{"test_run_id":"x","requests":[]}]`,
		`{"data":[{"test_run_id":"x","result":"pass"}]}`,
	} {
		d, said := Parse(source.NewFile("export.json", []byte(text)))
		if d != nil || len(said) != 1 || said[0].Message != "this is the result of a run, not a test" {
			t.Errorf("%s: said\n%s", text, draw(said))
		}
	}
}

func TestDataAloneIsAnAnswerToo(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"data": ` + pauseTest + `}`, `{"data": [` + pauseTest + `]}`} {
		if d, said := parse(t, text); len(d.Tests) != 1 || d.Tests[0].Name.Value != "pauses" || len(said) > 0 {
			t.Errorf("%s: read %+v, said %v", text, d, said)
		}
	}
	if d, said := Parse(source.NewFile("export.json", []byte(`{"data": 7}`))); d != nil || said.Err() == nil {
		t.Errorf("said %v", said)
	}
}
