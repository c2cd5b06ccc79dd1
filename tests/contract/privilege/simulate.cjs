// Asks @cloud-copilot/iam-simulate, a policy engine that is not ours, about many requests.
// argv: a folder whose node_modules has it
// stdin: {"policies": {role: [document]}, "requests": [{role, principal, account, action,
//   resource, context, resource_policy}]}
// stdout: [{decision} or {errors}], one for each request
'use strict'
const { runSimulation } = require(
  require.resolve('@cloud-copilot/iam-simulate', { paths: [process.argv[2]] }),
)

const ACCOUNT = /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/

// The key policies that CDK writes hand the decision to IAM.
const keyPolicy = (account) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
})

async function decide(policies, request) {
  const { role, principal, account, action, resource, context } = request
  const owner = ACCOUNT.exec(resource)
  const answer = await runSimulation(
    {
      identityPolicies: policies[role].map((policy, index) => ({ name: `${index}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      request: {
        action,
        principal,
        resource: { resource, accountId: owner ? owner[1] : account },
        contextVariables: context,
      },
      resourcePolicy:
        request.resource_policy ?? (action.startsWith('kms:') ? keyPolicy(account) : undefined),
    },
    { simulationMode: 'Strict' },
  )
  return answer.resultType === 'error'
    ? { errors: answer.errors }
    : { decision: answer.overallResult }
}

let text = ''
process.stdin.on('data', (part) => (text += part))
process.stdin.on('end', async () => {
  const { policies, requests } = JSON.parse(text)
  const answers = []
  for (const request of requests) answers.push(await decide(policies, request))
  process.stdout.write(JSON.stringify(answers))
})
