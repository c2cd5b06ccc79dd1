
3
anythingPlaceholder*
dtype0*
shape:
#
sameIdentityanything*
T0"ª