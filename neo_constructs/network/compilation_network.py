"""CompilationNetwork: subnets, S3 endpoint and security group for jobs in a VPC."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs.iam.statements import Allow, allow
from neo_constructs.network import s3_endpoint as endpoints
from neo_constructs.network.job_network import check_vpc, complete_group, job_group
from neo_constructs.network.subnets import ChosenSubnets, choose_subnets, named, route_table_of
from neo_constructs.request.argument_types import check_arguments, checked
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import bucket_facts
from neo_constructs.synth.tokens import is_token
from neo_constructs.synth.unpacked_signature import signed
from neo_constructs.vocabulary.model_artifact import ModelArtifact

_OBJECT_ACTIONS: Final = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject")
_BUCKET_ACTIONS: Final = ("s3:GetBucketLocation", "s3:ListBucket")


@signed
@jsii.implements(ec2.IConnectable)
class CompilationNetwork(Construct):
    """Subnets, S3 gateway endpoint and security group for any number of compilation jobs.

    A job in a VPC has no internet: it reads its model and writes its artifact through an S3
    gateway endpoint on its subnets' route tables, and its security group must let it out to S3
    and to the subnets (the developer guide's "Neo VPC"). Jobs are given it by
    ``vpc=network.vpc, vpc_subnets=network.vpc_subnets, security_groups=[network.security_group]``;
    they are then made after the endpoint and deleted before it.

    Attributes:
        vpc: The VPC.
        vpc_subnets: The selected subnets.
        security_group: Nothing in; out HTTPS to S3 and TCP to the selected subnets.
        s3_endpoint: The endpoint.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | None = None,
        s3_endpoint: ec2.IGatewayVpcEndpoint | None = None,
        s3_prefix_list: ec2.IPeer | None = None,
        security_group: ec2.ISecurityGroup | None = None,
    ) -> None:
        """Make the endpoint and the security group, unless they are given.

        Args:
            scope: The parent construct.
            id: The construct's id.
            vpc: The VPC, made or imported, of default tenancy.
            vpc_subnets: Which subnets of it, 1 to 16. Default: its private ones, or isolated ones
                if it has no others.
            s3_endpoint: The S3 gateway endpoint that serves them, if there is one that this app
                does not make: a route table takes only one. Default: the one that this app has
                for them, else a new one on their route tables.
            s3_prefix_list: Where HTTPS may go: S3's managed prefix list, as
                ``ec2.Peer.prefix_list("pl-...")`` or looked up by ``look_up_s3_prefix_list``.
                Default: any address; in subnets whose only way out is the endpoint, that is S3.
            security_group: A group to use; what it lacks is added, unless it lets everything out
                or was imported with ``mutable=False``: then a warning names the missing rules.
                Default: one of the network's own.

        Raises:
            ConstructError: The VPC or its subnets cannot be used by Neo, or it was imported
                without what is needed: route tables for a new endpoint, the subnets' addresses
                for the security group.
        """
        super().__init__(scope, id)
        path = self.node.path
        check_arguments(path, {"vpc": vpc, "vpc_subnets": vpc_subnets})
        check_vpc(path, vpc)
        chosen = choose_subnets(path, vpc, vpc_subnets)
        self.vpc = vpc
        self.vpc_subnets = ec2.SubnetSelection(subnets=chosen.subnets)
        self.s3_endpoint = (
            s3_endpoint or endpoints.endpoint_of(self, vpc, chosen) or self._made(chosen)
        )
        endpoints.note_endpoint(vpc, chosen.ids, self.s3_endpoint)
        self.security_group = self._group(chosen, s3_prefix_list, security_group)
        self.connections = ec2.Connections(security_groups=[self.security_group])

    @staticmethod
    def look_up_s3_prefix_list(scope: Construct, id: str = "S3PrefixList") -> ec2.IPrefixList:
        """Look up S3's managed prefix list of the stack's region, by the CDK CLI at synthesis.

        Raises ConstructError in a stack whose account and region are not said: there is nothing
        to look it up in, and CloudFormation has no value for it.
        """
        stack = cdk.Stack.of(scope)
        if is_token(stack.region) or is_token(stack.account):
            raise ConstructError(
                scope.node.path,
                "S3's prefix list cannot be looked up, since the stack does not say its account "
                "and region; give the stack env=cdk.Environment(account=..., region=...), or name "
                'the list with ec2.Peer.prefix_list("pl-..."), as `aws ec2 '
                "describe-managed-prefix-lists --filters "
                "Name=prefix-list-name,Values=com.amazonaws.REGION.s3` shows it",
            )
        return ec2.PrefixList.from_lookup(
            scope, id, prefix_list_name=f"com.amazonaws.{stack.region}.s3"
        )

    @checked
    def restrict_s3_to(self, *allowed: s3.IBucket | ModelArtifact) -> None:
        """Have the endpoint let through only requests to these buckets and models.

        For an endpoint that compilation jobs have to themselves: without a policy it lets
        everything through, and the first call changes that for all who use it. Name everything
        that jobs in this network read and write.

        Raises ConstructError for an imported endpoint, whose policy CDK cannot change, and for a
        model package, which does not tell its bucket.
        """
        if not isinstance(self.s3_endpoint, ec2.GatewayVpcEndpoint):
            raise ConstructError(
                self.node.path,
                "the S3 endpoint is imported, so its policy cannot be changed here; leave out "
                "s3_endpoint to have one made, or change the policy where the endpoint is made",
            )
        for each in allowed:
            for right in self._rights(each):
                statement = right.statement()
                statement.add_any_principal()
                self.s3_endpoint.add_to_policy(statement)

    @checked
    def require_for_writes_to(self, bucket: s3.IBucket) -> None:
        """Have a bucket of this app refuse objects that are written by any other way.

        Reads are not refused: the reconciler looks for artifacts from outside the VPC.

        Raises ConstructError for an imported bucket, with the statement that its policy lacks.
        """
        statement = iam.PolicyStatement(
            sid="OnlyThroughTheEndpoint", effect=iam.Effect.DENY, principals=[iam.AnyPrincipal()],
            actions=["s3:PutObject"], resources=[bucket.arn_for_objects("*")],
            conditions={"StringNotEquals": {"aws:SourceVpce": self.s3_endpoint.vpc_endpoint_id}},
        )  # fmt: skip
        if not bucket.add_to_resource_policy(statement).statement_added:
            raise ConstructError(
                self.node.path,
                f"the bucket {bucket.node.path} is imported, so its policy cannot be changed here; "
                'where it is made, deny "s3:PutObject" to "*" on its objects, with the condition '
                '{"StringNotEquals": {"aws:SourceVpce": ...}} and this endpoint\'s id',
            )

    def _group(
        self,
        chosen: ChosenSubnets,
        s3_prefix_list: ec2.IPeer | None,
        given: ec2.ISecurityGroup | None,
    ) -> ec2.ISecurityGroup:
        if given is None:
            return job_group(self, "SecurityGroup", self.vpc, chosen, s3_prefix_list)
        complete_group(self, given, self.vpc, chosen, s3_prefix_list)
        return given

    def _made(self, chosen: ChosenSubnets) -> ec2.GatewayVpcEndpoint:
        unknown = [named(subnet) for subnet in chosen.subnets if route_table_of(subnet) is None]
        if unknown:
            raise ConstructError(
                self.node.path,
                f"the route tables of the subnets {', '.join(unknown)} are not known, so no S3 "
                "gateway endpoint can be made for them; if they have one, name it with s3_endpoint="
                "ec2.GatewayVpcEndpoint.from_gateway_vpc_endpoint_id(...); else import the VPC "
                "with private_subnet_route_table_ids=[...] (or isolated_...), or with "
                "ec2.Vpc.from_lookup",
            )
        return ec2.GatewayVpcEndpoint(
            self, "S3", vpc=self.vpc, service=ec2.GatewayVpcEndpointAwsService.S3,
            subnets=[self.vpc_subnets],
        )  # fmt: skip

    def _rights(self, allowed: s3.IBucket | ModelArtifact) -> list[Allow]:
        if not isinstance(allowed, ModelArtifact):
            arn = bucket_facts(allowed).arn
            return [allow(_OBJECT_ACTIONS, [f"{arn}/*"]), allow(_BUCKET_ACTIONS, [arn])]
        bound = allowed.bind(self, self.node.path)
        if bound.model_package_arn is not None:
            raise ConstructError(
                self.node.path,
                "a model package does not tell where its model is; give that bucket instead",
            )
        found = {right.actions: right.resources for right in bound.grants()}
        return [
            allow(["s3:GetObject"], found[("s3:GetObject",)]),
            allow(_BUCKET_ACTIONS, found[("s3:ListBucket",)]),
        ]
