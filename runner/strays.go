package runner

import (
	"fmt"
	"slices"
	"strings"

	"offscope/source"
	"offscope/variables"
)

const strayBraces = "unclosed-template"

// tellStrays warns of double braces that are sent as they stand, in what is going to be filled in.
func (p *Plan) tellStrays() {
	for _, layer := range p.Options.Environment.Layers() {
		for _, v := range layer.Initial {
			p.tellStray("the value of "+v.Name.Value, true, variables.Parse(v.Value))
		}
	}
	for _, v := range p.Options.Values {
		p.tellStray("the value of "+v.Name, true, variables.Parse(v.Text))
	}
	p.tellStray("a header of the environment", true, pairTemplates(p.headers)...)
	p.tellStray("the authentication of the environment", true, p.auth.templates()...)
	for _, s := range p.Steps {
		if s.isIdle(p.Options) {
			continue
		}
		step := fmt.Sprintf("step %d", s.Number)
		switch {
		case s.request != nil:
			p.tellStray(step, true, s.request.used()...)
		case s.subtest != nil:
			p.tellStray(step, true, pairTemplates(s.subtest.params)...)
		case s.compare != nil:
			p.tellStray(step, false, s.compare.left, s.compare.right)
		}
		for _, x := range s.extractions {
			p.tellStray(step, false, x.property)
		}
		for _, c := range s.assertions {
			p.tellStray(step, false, c.property, c.target)
		}
	}
}

// tellStray warns of braces in templates. What is compared may well be a piece of JSON: there, closing braces are left alone.
func (p *Plan) tellStray(where string, closing bool, templates ...variables.Template) {
	for _, t := range templates {
		for _, at := range t.Unclosed() {
			opens := at.File == nil || strings.HasPrefix(string(at.File.Bytes()[at.Start:at.End]), "{{")
			if !opens && !closing {
				continue
			}
			d := source.Diagnostic{
				Severity: source.Warning, Code: strayBraces, Place: at,
				Message: where + " has {{ without the }} that would close it: it is used as it stands", Hint: "close it, as in {{name}}",
			}
			if !opens {
				d.Message, d.Hint = where+" has }} without the {{ that would open it: it is used as it stands", "open it, as in {{name}}"
			}
			p.add(d)
		}
	}
}

// add adds a problem that was not told yet.
func (p *Plan) add(d source.Diagnostic) {
	known := func(other source.Diagnostic) bool {
		return other.Place == d.Place && other.Code == d.Code && (d.Place.Known() || other.Message == d.Message)
	}
	if !slices.ContainsFunc(p.Problems, known) {
		p.Problems = append(p.Problems, d)
	}
}
