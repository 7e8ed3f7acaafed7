package runner

import (
	"slices"

	"offscope/bucket"
	"offscope/variables"
)

// request is a request step with its templates parsed and scripts compiled.
type request struct {
	step        *bucket.Request
	method, url variables.Template
	params      []pair
	headers     []pair
	form        []pair
	body        variables.Template
	multipart   []part
	binary      *part
	graphQL     *graphQL
	auth        *auth // the step's own
}

// A part is one of a multipart form, or a binary body.
type part struct {
	of                              *bucket.Part
	name, value, fileName, mimeType variables.Template
}

type graphQL struct {
	query, variables, operation variables.Template
}

func (p *Plan) planRequest(s *Step, step *bucket.Request) {
	r := &request{
		step: step, method: variables.Parse(step.Method), url: variables.Parse(step.URL), body: variables.Parse(step.Body),
		params: pairs(step.Params), headers: pairs(step.Headers), form: pairs(step.Form), auth: planAuth(step.Auth),
	}
	for i := range step.Multipart {
		r.multipart = append(r.multipart, planPart(&step.Multipart[i]))
	}
	if step.Binary != nil {
		binary := planPart(step.Binary)
		r.binary = &binary
	}
	if g := step.GraphQL; g != nil {
		r.graphQL = &graphQL{variables.Parse(g.Query), variables.Parse(g.Variables), variables.Parse(g.OperationName)}
	}
	s.request = r
	s.refusals = append(s.refusals, p.authOf(r).refusals(p.Options)...)
}

// authOf is how a request proves who it is: the step's own way replaces the environment's.
func (p *Plan) authOf(r *request) *auth {
	if r.auth != nil {
		return r.auth
	}
	return p.auth
}

func planPart(of *bucket.Part) part {
	return part{of, variables.Parse(of.Name), variables.Parse(of.Value), variables.Parse(of.FileName), variables.Parse(of.ContentType)}
}

// templates returns everything in a request that is substituted, in the order in which it is used.
func (r *request) templates() []variables.Template {
	out := []variables.Template{r.method, r.url}
	for _, p := range slices.Concat(r.params, r.headers, r.form) {
		out = append(out, p.name, p.value)
	}
	if r.auth != nil {
		for _, f := range r.auth.fields {
			out = append(out, f.value)
		}
	}
	out = append(out, r.body)
	if r.graphQL != nil {
		out = append(out, r.graphQL.query, r.graphQL.variables, r.graphQL.operation)
	}
	for _, p := range r.parts() {
		out = append(out, p.name, p.value, p.fileName, p.mimeType)
	}
	return out
}

func (r *request) parts() []part {
	if r.binary == nil {
		return r.multipart
	}
	return append(slices.Clone(r.multipart), *r.binary)
}
