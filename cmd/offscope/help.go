package main

const appDescription = `Download a test, give its variables, and see which of its checks your server passes:

   offscope run Okta-SCIM-20-SPEC-Test.json --initial-script Initial_Script_Spec.txt \
       --var SCIMBaseURL=http://localhost:8080/scim/v2 --secret auth="Bearer TOKEN" --pauses skip

No server at hand? "offscope demo" runs the shipped tests on embedded servers, and "offscope mock" keeps those
servers running for your own files.

offscope talks to the hosts of your tests and to nobody else.`

const shortHelp = `offscope runs exported Runscope (BlazeMeter API Monitoring) tests on your own machine.

   offscope run FILE...       run tests
   offscope demo              run the shipped tests on embedded servers
   offscope mock              keep the embedded servers running
   offscope inspect FILE...   what is in a file: steps, variables, what is not supported

"offscope --help" says more, "offscope COMMAND --help" has flags and examples.
`
